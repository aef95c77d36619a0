# Usage: cmake -DFILE=generated.cpp -P mend_generated.cmake
#
# Two things that Cython (3.3) generates do harm in sub-interpreters, and no option changes them:
# - It caches the code objects of the frames that it adds to tracebacks, and never frees them: after one exception, 2 MB
#   stay behind for each sub-interpreter that has ended. The call is taken out.
# - Its table of modules reads behind its end. module_table.hpp takes its place.
file(READ "${FILE}" text)

# Replace what begins with `begin` and ends before `end` (with nothing after `begin` if `end` is empty).
function(replace_section begin end replacement)
  string(FIND "${text}" "${begin}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "${FILE}: Cython now generates other code, without `${begin}`: see what has become of it.")
  endif()
  string(SUBSTRING "${text}" 0 ${place} before)
  string(SUBSTRING "${text}" ${place} -1 rest)
  string(LENGTH "${begin}" length)
  if(end)
    string(FIND "${rest}" "${end}" length)
  endif()
  string(SUBSTRING "${rest}" ${length} -1 after)
  set(text "${before}${replacement}${after}" PARENT_SCOPE)
endfunction()

replace_section("__pyx_insert_code_object(c_line ? -c_line : py_line, py_code);" "" "(void)&__pyx_insert_code_object;")
replace_section("/* MultiPhaseInitModuleState */" "/* #### Code section" "#include \"module_table.hpp\"\n\n")
file(WRITE "${FILE}" "${text}")
