#include <cmath>
#include <doctest/doctest.h>

#include "io/json.h"
#include "tests/support/errors.h"

namespace vitpose::engine {
using namespace testing;

namespace {

Json parse(std::string_view text) {
  return Json::parse(text, "config.json");
}
Raised error_of(std::string_view text) {
  return raised_by([&] { parse(text); });
}
std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

TEST_CASE("every type is read") {
  const Json json = parse(R"( {"null": null, "yes": true, "no": false, "int": -7, "real": 2.5, "text": "a\u00e4\n",
                              "list": [1, [2], {}], "object": {"x": 1}} )");
  CHECK(json.type() == Json::Type::kObject);
  CHECK(json.at("null").is_null());
  CHECK(json.at("yes").as_bool());
  CHECK(!json.at("no").as_bool());
  CHECK(json.at("int").as_integer() == -7);
  CHECK(json.at("int").as_number() == -7.0);
  CHECK(json.at("real").as_number() == 2.5);
  CHECK(json.at("text").as_string() == "a\xc3\xa4\n");
  CHECK(json.at("list").as_array().size() == 3);
  CHECK(json.at("list").as_array()[1].as_array()[0].as_integer() == 2);
  CHECK(json.at("object").as_object()[0].first == "x");
  CHECK(json.find("absent") == nullptr);
  CHECK(json.at("int").find("absent") == nullptr);
}

TEST_CASE("members keep the order of the file, and the last of equal keys wins") {
  const Json json = parse(R"({"b": 1, "a": 2, "b": 3, "c": 4, "b": 5})");
  REQUIRE(json.as_object().size() == 3);
  CHECK(json.as_object()[0].first == "a");
  CHECK(json.as_object()[1].first == "c");
  CHECK(json.at("b").as_integer() == 5);
  CHECK(json.at("b").path() == "config.json: b");
  const Raised raised =
      raised_by([] { Json::parse(R"({"x": {"b": 1, "b": 2}})", "file", Json::DuplicateKeys::kRefuse); });
  check_error(raised, ErrorCode::kFormat, {"file: the key 'b' appears twice"});
}

TEST_CASE("integers survive exactly, and only integers are integers") {
  const auto integer = [](std::string_view text) { return parse(text).as_integer(); };
  CHECK(integer("9223372036854775807") == INT64_MAX);
  CHECK(integer("-9223372036854775808") == INT64_MIN);
  CHECK(integer("9007199254740993") == 9007199254740993);
  CHECK(integer("256.0") == 256);
  CHECK(integer("1e3") == 1000);
  CHECK(integer("-0") == 0);
  check_error(raised_by([&] { integer("1.5"); }), ErrorCode::kFormat, {"expected an integer, found 1.5"});
  check_error(raised_by([&] { integer("1e300"); }), ErrorCode::kFormat, {"expected an integer"});
  check_error(raised_by([&] { integer("9223372036854775808"); }), ErrorCode::kFormat, {"expected an integer"});
  CHECK(parse("18446744073709551615").as_number() == 18446744073709551615.0);
  CHECK(parse("123456789012345678901234567890").as_number() == 123456789012345678901234567890.0);
  CHECK(parse("5e-324").as_number() == 5e-324);
  CHECK(std::signbit(parse("-0.0").as_number()));
}

TEST_CASE("a wrong type is reported with the path, what was expected and what was found") {
  const Json json = parse(R"({"backbone_config": {"hidden_size": "many", "image_size": [256, null]}})");
  const Json& backbone = json.at("backbone_config");
  check_error(raised_by([&] { backbone.at("hidden_size").as_integer(); }), ErrorCode::kFormat,
              {"config.json: backbone_config.hidden_size: expected an integer, found a string"});
  check_error(raised_by([&] { backbone.at("image_size").as_array()[1].as_number(); }), ErrorCode::kFormat,
              {"config.json: backbone_config.image_size[1]: expected a number, found null"});
  check_error(raised_by([&] { backbone.at("depth"); }), ErrorCode::kFormat,
              {"config.json: backbone_config: 'depth' is missing"});
  check_error(raised_by([&] { json.as_array(); }), ErrorCode::kFormat,
              {"config.json: expected an array, found an object"});
  check_error(raised_by([&] { parse("[1]").at("x"); }), ErrorCode::kFormat, {"expected an object, found an array"});
  check_error(raised_by([&] { parse("[[], [true]]").as_array()[1].as_array()[0].as_string(); }), ErrorCode::kFormat,
              {"config.json: [1][0]: expected a string, found a boolean"});
}

TEST_CASE("a path outlives the document it came from") {
  const Json inner = parse(R"({"a": [{"b": 1}]})").at("a").as_array()[0].at("b");
  CHECK(inner.path() == "config.json: a[0].b");
}

TEST_CASE("malformed text is refused with its place") {
  check_error(error_of("{\n  \"a\": 1,\n  \"b\" 2\n}"), ErrorCode::kFormat, {"config.json: ", "line 3, column"});
  const char* const malformed[] = {"",
                                   " ",
                                   "{",
                                   "[1,]",
                                   "{\"a\":}",
                                   "{\"a\":1,}",
                                   "[1 2]",
                                   "01",
                                   "+1",
                                   ".5",
                                   "1.",
                                   "'a'",
                                   "{a:1}",
                                   "\"\\x\"",
                                   "nul",
                                   "[1]x",
                                   "{} {}",
                                   "\"a",
                                   "\"\t\"",
                                   "// c\n1",
                                   "\"\\ud800\"",
                                   "[",
                                   "\xff\xfe",
                                   "\"\x80\"",
                                   "\"\xc0\xaf\"",
                                   "\"\xed\xa0\x80\"",
                                   "1e400",
                                   "-1e999"};
  for (const char* const text : malformed) {
    INFO("text: ", std::string(text));
    check_error(error_of(text), ErrorCode::kFormat, {"config.json: "});
  }
  check_error(error_of(std::string_view("[1]\0", 4)), ErrorCode::kFormat, {"a NUL byte"});
}

TEST_CASE("NaN and Infinity are refused and named") {
  for (const char* const text : {"NaN", "[NaN]", "{\"a\": Infinity}", "[-Infinity]"}) {
    INFO("text: ", std::string(text));
    check_error(error_of(text), ErrorCode::kFormat, {"NaN and Infinity are not JSON"});
  }
}

TEST_CASE("nesting is allowed up to the limit") {
  CHECK(parse(nested(Json::kMaxDepth)).as_array().size() == 1);
  check_error(error_of(nested(Json::kMaxDepth + 1)), ErrorCode::kFormat, {"nested too deeply", "at most 64"});
  check_error(error_of(std::string(1'000'000, '[')), ErrorCode::kFormat, {"nested too deeply"});
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  check_error(error_of(objects), ErrorCode::kFormat, {"nested too deeply"});
}

TEST_CASE("the limit of values is exact and can be chosen") {
  const auto parse_at_most = [](std::size_t values, std::string_view text) {
    return raised_by([&] { Json::parse(text, "file", Json::DuplicateKeys::kLastWins, values); });
  };
  CHECK(!parse_at_most(1, "{}").any);
  CHECK(!parse_at_most(4, R"([1, {"a": null}])").any);
  check_error(parse_at_most(3, R"([1, {"a": null}])"), ErrorCode::kFormat, {"file: ", "at most 3 values"});
}

TEST_CASE("the message stays one short line whatever the file holds") {
  const std::string key = "evil\nkey\x01" + std::string(1000, 'k');
  const Json json = parse(std::string("{").append(json_quote(key)).append(": 1}"));
  const Raised raised = raised_by([&] { json.as_object()[0].second.as_string(); });
  check_error(raised, ErrorCode::kFormat, {"evil\\x0akey\\x01"});
  CHECK(raised.message.size() < 200);
  CHECK(error_of(std::string("\"").append(100'000, 'x')).message.size() < 400);
}

TEST_CASE("a large object is read in good time") {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"key" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  const Json json = parse(text);
  CHECK(json.as_object().size() == 200'000);
  CHECK(json.as_object()[199'999].second.as_integer() == 199'999);
}

TEST_CASE("quoted text is read back, invalid UTF-8 becomes a replacement character") {
  CHECK(json_quote("a\"b\\c\n") == R"("a\"b\\c\n")");
  CHECK(json_quote("\x80") == "\"\xef\xbf\xbd\"");
  const std::string text("quote \" tab \t nul \0 umlaut \xc3\xa4", 30);
  CHECK(parse(json_quote(text)).as_string() == text);
}

}  // namespace
}  // namespace vitpose::engine
