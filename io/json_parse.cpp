// The one place that sees nlohmann/json: its event parser fills our own values, so that depth and number of
// values are limited while reading and not after the memory is gone.
#include <algorithm>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "io/excerpt.h"
#include "io/json.h"
#include "io/json_origin.h"

namespace vitpose::engine {

// The handler interface is nlohmann's: each event returns false to stop the parser.
class JsonBuilder {
 public:
  using Members = std::vector<std::pair<std::string, Json>>;

  JsonBuilder(std::string_view text, const std::string& where, Json::DuplicateKeys duplicates, std::size_t max_values)
      : text_(text),
        where_(where),
        duplicates_(duplicates),
        max_values_(max_values),
        origin_(std::make_shared<JsonOrigin>(where)) {}

  bool null() { return place() != nullptr; }
  bool boolean(bool value) { return store(value); }
  bool number_integer(std::int64_t value) { return store(value); }
  bool number_unsigned(std::uint64_t value) {
    // Beyond int64 only the magnitude survives.
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return store(static_cast<double>(value));
    return store(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string&) { return store(value); }
  bool string(std::string& value) { return store(std::move(value)); }
  bool binary(std::vector<std::uint8_t>&) { return false; }  // not part of JSON text
  bool start_object(std::size_t) { return open(Members{}); }
  bool start_array(std::size_t) { return open(std::vector<Json>{}); }
  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool end_object();
  bool parse_error(std::size_t position, const std::string& last_token, const nlohmann::detail::exception& error);

  Json finish() {
    if (!message_.empty()) throw Error(ErrorCode::kFormat, message_);
    return std::move(root_);
  }

 private:
  Json* place();
  bool refuse(const std::string& message) {
    message_ = message;
    return false;
  }
  template <class Value>
  bool store(Value&& value) {
    Json* const json = place();
    if (json == nullptr) return false;
    json->value_ = std::forward<Value>(value);
    return true;
  }
  template <class Container>
  bool open(Container&& container) {
    if (open_.size() == Json::kMaxDepth) {
      return refuse(where_ + ": nested too deeply: expected at most " + std::to_string(Json::kMaxDepth) + " levels");
    }
    Json* const json = place();
    if (json == nullptr) return false;
    json->value_ = std::forward<Container>(container);
    open_.push_back(json);
    return true;
  }

  std::string_view text_;
  const std::string& where_;
  Json::DuplicateKeys duplicates_;
  std::size_t max_values_;
  std::shared_ptr<JsonOrigin> origin_;
  std::size_t values_ = 0;
  Json root_;
  // The arrays and objects being read, outermost first. Only the last element of each is open, and nothing is
  // added to the outer ones before it is closed, so the pointers stay valid.
  std::vector<Json*> open_;
  std::string key_;  // of the member about to be read
  std::string message_;
};

// A new null value at the current place of the document; null when there are too many.
Json* JsonBuilder::place() {
  if (values_ == max_values_) {
    refuse(where_ + ": expected at most " + std::to_string(max_values_) + " values, found more");
    return nullptr;
  }
  ++values_;
  Json* json = &root_;
  if (!open_.empty()) {
    Json& parent = *open_.back();
    if (auto* elements = std::get_if<std::vector<Json>>(&parent.value_)) {
      const std::uint32_t node = origin_->add_element(parent.node_, static_cast<std::uint32_t>(elements->size()));
      json = &elements->emplace_back();
      json->node_ = node;
    } else {
      const std::uint32_t node = origin_->add_member(parent.node_, key_);
      json = &std::get<Members>(parent.value_).emplace_back(std::move(key_), Json{}).second;
      json->node_ = node;
    }
  }
  json->origin_ = origin_;
  return json;
}

bool JsonBuilder::end_object() {
  auto& members = std::get<Members>(open_.back()->value_);
  open_.pop_back();
  // Sorted positions instead of a search per key: an object may have hundreds of thousands of members.
  std::vector<std::size_t> order(members.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int relation = members[a].first.compare(members[b].first);
    return relation != 0 ? relation < 0 : a < b;
  });
  std::vector<bool> replaced(members.size(), false);
  bool any = false;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (members[order[i]].first != members[order[i - 1]].first) continue;
    replaced[order[i - 1]] = any = true;
  }
  if (!any) return true;
  if (duplicates_ == Json::DuplicateKeys::kRefuse) {
    const std::size_t first =
        static_cast<std::size_t>(std::find(replaced.begin(), replaced.end(), true) - replaced.begin());
    return refuse(where_ + ": the key '" + excerpt(members[first].first) + "' appears twice");
  }
  Members kept;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!replaced[i]) kept.push_back(std::move(members[i]));
  }
  members = std::move(kept);
  return true;
}

bool JsonBuilder::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
  // "[json.exception.parse_error.101] parse error at line 3, column 5: ..." without the library's own number
  std::string_view message = error.what();
  if (const std::size_t bracket = message.find("] "); bracket != std::string_view::npos) {
    message.remove_prefix(bracket + 2);
  }
  std::string hint;
  if (position > 0 && position <= text_.size() && (text_[position - 1] == 'N' || text_[position - 1] == 'I')) {
    hint = " (NaN and Infinity are not JSON)";
  }
  return refuse(where_ + ": " + excerpt(message, 240) + hint);
}

Json Json::parse(std::string_view text, const std::string& where, DuplicateKeys duplicates,
                 std::size_t max_values) try {
  // The parser would take it for the end and accept whatever follows.
  if (text.find('\0') != std::string_view::npos) fail(ErrorCode::kFormat, where, ": expected text, found a NUL byte");
  JsonBuilder builder(text, where, duplicates, max_values);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.finish();
} catch (const std::bad_alloc&) {
  fail(ErrorCode::kOutOfMemory, where, ": not enough memory for its JSON");
}

std::string json_quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace vitpose::engine
