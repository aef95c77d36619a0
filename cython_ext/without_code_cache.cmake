# Usage: cmake -DFILE=generated.cpp -P without_code_cache.cmake
#
# Cython (3.3) caches the code objects of the frames that it adds to tracebacks, and never frees them: after one exception,
# 2 MB stay behind for each sub-interpreter that has ended. There is no option for it, so the call is taken out.
file(READ "${FILE}" text)
set(call "__pyx_insert_code_object(c_line ? -c_line : py_line, py_code);")
string(FIND "${text}" "${call}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "${FILE}: this version of Cython generates other code; see whether exceptions still leak code objects.")
endif()
string(REPLACE "${call}" "(void)&__pyx_insert_code_object;" text "${text}")
file(WRITE "${FILE}" "${text}")
