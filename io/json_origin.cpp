#include "io/json_origin.h"

#include "io/excerpt.h"

namespace vitpose::engine {

std::uint32_t JsonOrigin::add(Node node) {
  nodes_.push_back(node);
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t JsonOrigin::add_member(std::uint32_t parent, std::string_view key) {
  const auto [entry, is_new] = key_numbers_.try_emplace(std::string(key), static_cast<std::uint32_t>(keys_.size()));
  if (is_new) keys_.push_back(&entry->first);
  return add({parent, entry->second, true});
}

std::string JsonOrigin::path(std::uint32_t node) const {
  std::string path;
  for (; node != 0; node = nodes_[node].parent) {
    const Node& here = nodes_[node];
    std::string step;
    if (here.is_member) {
      step = excerpt(*keys_[here.index]);
    } else {
      step.append("[").append(std::to_string(std::uint32_t{here.index})).append("]");
    }
    if (!path.empty() && path.front() != '[') step += '.';
    path.insert(0, step);
  }
  return path.empty() ? where_ : where_ + ": " + path;
}

}  // namespace vitpose::engine
