// Where each value of a JSON document stands, for messages. Eight bytes a value, keys stored once:
// an annotation file has millions of values, and a path is needed only when one of them is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace vitpose::engine {

class JsonOrigin {
 public:
  explicit JsonOrigin(std::string where) : where_(std::move(where)) { nodes_.push_back({}); }  // node 0: the root
  JsonOrigin(const JsonOrigin&) = delete;
  JsonOrigin& operator=(const JsonOrigin&) = delete;

  std::size_t size() const noexcept { return nodes_.size(); }
  std::uint32_t add_element(std::uint32_t parent, std::uint32_t index) { return add({parent, index, false}); }
  std::uint32_t add_member(std::uint32_t parent, std::string_view key);

  // "config.json: backbone_config.hidden_size", "boxes.json: [3].bbox[0]", for the root "config.json".
  std::string path(std::uint32_t node) const;

 private:
  struct Node {
    std::uint32_t parent = 0;
    std::uint32_t index : 31 = 0;  // of the element, or of the key in keys_
    std::uint32_t is_member : 1 = false;

    Node() = default;
    Node(std::uint32_t parent_node, std::uint32_t position, bool member)
        : parent(parent_node), index(position & 0x7fffffffu), is_member(member) {}
  };
  std::uint32_t add(Node node);

  std::string where_;
  std::vector<Node> nodes_;
  std::unordered_map<std::string, std::uint32_t> key_numbers_;
  std::vector<const std::string*> keys_;  // into key_numbers_, whose elements do not move
};

}  // namespace vitpose::engine
