// Numbers as text that reads back to the same bits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitpose::tools {

// The shortest decimal that gives the same bits when it is read as double (and then, for a float, rounded to float).
// Not-finite values are "nan", "inf" and "-inf".
std::string to_text(float value);
std::string to_text(double value);

// The same for JSON, which has no such values: they become null.
std::string to_json(float value);
std::string to_json(double value);

// The whole of `text` as a number ("nan" and "inf" are numbers).
std::optional<double> parse_number(std::string_view text);

}  // namespace vitpose::tools
