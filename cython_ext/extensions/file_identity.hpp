// Tells whether a path still names the file that it has named before.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

namespace subinterp {

using FileIdentity = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;

// Throws std::runtime_error if there is no such file.
FileIdentity identity_of(const std::string &path);

}  // namespace subinterp
