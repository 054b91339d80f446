#include "tools/vitpose/run/picture_source.h"

#include <exception>

namespace vitpose::tools {

std::optional<Work> PictureSource::next() {
  while (next_ < skip_.size() && skip_[next_]) ++next_;
  if (next_ >= paths_.size()) return std::nullopt;
  const std::size_t index = next_++;
  Work work;
  work.result.path = paths_[index];
  work.result.id = boxes_.image_id(index);
  if (!work.result.id) work.result.id = image_id_of(paths_[index]);
  try {
    read(work, index);
  } catch (const std::exception& error) {
    work.error = error.what();
  }
  return work;
}

void PictureSource::read(Work& work, std::size_t index) const {
  work.picture = Picture::read(work.result.path, options_);
  work.image = work.picture->image();
  work.result.width = work.image.width;
  work.result.height = work.image.height;
  work.result.subjects = boxes_.subjects(index, work.image.width, work.image.height);
}

}  // namespace vitpose::tools
