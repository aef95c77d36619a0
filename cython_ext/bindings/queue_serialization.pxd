from libcpp cimport bool
from queue_item cimport Item
from shared_object cimport raise_memory_error


cdef extern from "shared/queue_serialization.hpp" namespace "subinterp":
    bool serialize_plain(object value, Item &item) except +raise_memory_error
    void serialize_pickle(object pickle, Item &item) except +raise_memory_error
    object deserialize(Item &item) except +raise_memory_error
