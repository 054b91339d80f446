// Which boxes lie in a picture or frame: those of a file, the same in every one, or the whole as one box.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tools/vitpose/boxes_file.h"

namespace vitpose::tools {

class BoxPlan {
 public:
  // `listed` is what the --boxes file says, if there is one; `fixed` are the boxes of --box. `expert` is for boxes that
  // do not name one.
  BoxPlan(std::optional<ListedImages> listed, const std::vector<Box>& fixed, std::optional<std::int64_t> expert);

  std::vector<Subject> subjects(std::size_t image, int width, int height) const;
  bool has_subjects(std::size_t image) const { return !listed_ || listed_->count(image) != 0; }
  std::optional<std::int64_t> image_id(std::size_t image) const;

  // The same boxes in every image: box i is the same subject everywhere.
  bool same_everywhere() const { return !listed_; }
  // The last image that the file lists.
  std::optional<std::size_t> last_listed() const;
  // The first image with a box whose expert nobody told.
  std::optional<std::size_t> first_without_expert() const;
  // Some box of the file tells its track.
  bool has_tracks() const;

 private:
  std::optional<ListedImages> listed_;
  std::vector<Subject> fixed_;  // empty: the whole
  std::optional<std::int64_t> expert_;
};

}  // namespace vitpose::tools
