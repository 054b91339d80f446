"""Renders subjects and backgrounds into shards on disk: python pool.py DIR people|animals|backgrounds FIRST LAST
[COUNT].

A shard holds COUNT cut-outs: pixels (premultiplied RGBA) one after the other in .pixels.npy, the rest in .labels.npz.
Shard number = seed, so a pool can be grown, and made again, at any time.
"""

import os
import sys
import time

import numpy as np

import backgrounds
import subjects

BACKGROUND = (320, 320)


def _write(stem, pixels, **labels):
    """The labels appear last and whole, so that a reader never sees half a shard."""
    np.save(stem + ".pixels.npy", pixels)
    np.savez(stem + ".tmp.npz", **labels)
    os.replace(stem + ".tmp.npz", stem + ".labels.npz")


def subject_shard(stem, kind, seed, count):
    drawn = [subjects.draw(np.random.default_rng([seed, i, kind == "people"]), kind) for i in range(count)]
    flat = []
    for s in drawn:
        rgba = s["rgba"].astype(np.uint16)
        rgba[..., :3] = (rgba[..., :3] * rgba[..., 3:] + 127) // 255
        flat.append(rgba.astype(np.uint8).ravel())
    ends = np.cumsum([f.size for f in flat])
    _write(
        stem,
        np.concatenate(flat),
        ends=ends,
        shapes=np.array([s["rgba"].shape[:2] for s in drawn]),
        keypoints=np.array([s["keypoints"] for s in drawn]),
        boxes=np.array([s["box"] for s in drawn]),
        cuts=np.array([s["cut"] for s in drawn]),
    )


def background_shard(stem, seed, count):
    drawn = [backgrounds.draw(np.random.default_rng([seed, i, 2]), *BACKGROUND) for i in range(count)]
    _write(stem, np.array(drawn), count=np.array(count))


class Subjects:
    """All finished shards of one kind, memory-mapped."""

    def __init__(self, folder, kind):
        self.folder, self.kind, self.shards, self.names = folder, kind, [], set()
        self.refresh()

    def refresh(self):
        """Takes up shards that have been finished since."""
        for name in sorted(os.listdir(self.folder)):
            if name.startswith(self.kind + "-") and name.endswith(".labels.npz") and name not in self.names:
                if name.endswith(".tmp.npz"):
                    continue
                self.names.add(name)
                labels = np.load(os.path.join(self.folder, name))
                pixels = np.load(os.path.join(self.folder, name.replace(".labels.npz", ".pixels.npy")), mmap_mode="r")
                self.shards.append((pixels, {k: labels[k] for k in labels.files}))

    def __len__(self):
        return sum(len(s[1]["ends"]) for s in self.shards)

    def pick(self, rng):
        """A random cut-out: premultiplied RGBA, keypoints, box, cut."""
        pixels, labels = self.shards[rng.integers(len(self.shards))]
        i = int(rng.integers(len(labels["ends"])))
        end, (h, w) = labels["ends"][i], labels["shapes"][i]
        rgba = np.asarray(pixels[end - h * w * 4 : end]).reshape(h, w, 4)
        return rgba, labels["keypoints"][i].copy(), labels["boxes"][i], labels["cuts"][i]


class Backgrounds:
    """All finished background shards."""

    def __init__(self, folder):
        names = sorted(n for n in os.listdir(folder) if n.startswith("backgrounds-") and n.endswith(".pixels.npy"))
        self.shards = [np.load(os.path.join(folder, n), mmap_mode="r") for n in names]

    def pick(self, rng):
        shard = self.shards[rng.integers(len(self.shards))]
        return np.asarray(shard[rng.integers(len(shard))])


def main():
    folder, kind, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    count = int(sys.argv[5]) if len(sys.argv) > 5 else 500
    os.makedirs(folder, exist_ok=True)
    for seed in range(first, last):
        stem = os.path.join(folder, f"{kind}-{seed:04d}")
        if os.path.exists(stem + ".labels.npz"):
            continue
        start = time.time()
        background_shard(stem, seed, count) if kind == "backgrounds" else subject_shard(stem, kind, seed, count)
        print(f"{stem}: {count / (time.time() - start):.1f} a second", flush=True)


if __name__ == "__main__":
    main()
