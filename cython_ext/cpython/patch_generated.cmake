# Usage: cmake -DFILE=generated.cpp -P patch_generated.cmake
#
# Three things that Cython (3.3) generates do harm in sub-interpreters, and no option changes them:
# - It caches the code objects of the frames that it adds to tracebacks (__pyx_insert_code_object, in its
#   Utility/ModuleSetupCode.c), and never frees them: after one exception, 2 MB stay behind for each sub-interpreter that
#   has ended. The call is removed. Not reported upstream yet.
# - It clears a module's state in m_clear only, which CPython does not call for a module that is freed by its reference
#   count. That happens if the garbage collector clears one of its classes first; then the state leaks, and the module
#   table keeps a dangling pointer. m_free now clears it, too. Not reported upstream yet.
# - Its module table (__Pyx_State_FindModule, same file) reads behind its end. cpython/cython_module_state.hpp replaces it
#   until the lookup is rewritten upstream: cython/cython pull requests 7080, 7088 and 7237.
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
replace_section("NULL /* m_free */" "" "[](void *module) { __pyx_m_clear(static_cast<PyObject *>(module)); }")
replace_section("/* MultiPhaseInitModuleState */" "/* #### Code section" "#include \"cpython/cython_module_state.hpp\"\n\n")
file(WRITE "${FILE}" "${text}")
