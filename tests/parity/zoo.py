"""The model shapes of the parity suite."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shape:
    name: str
    hidden: int
    layers: int
    heads: int
    decoder: str = "classic"
    keypoints: int = 17
    experts: int = 1
    part: int = 0
    expert_of_crop: tuple = ()  # cycled over the crops; empty for one expert
    stored: str = "float32"
    shard: str = ""  # save_pretrained's max_shard_size
    backbone: dict = field(default_factory=dict, hash=False)  # more keys of the backbone's configuration
    head: dict = field(default_factory=dict, hash=False)  # more keys of the top configuration
    flip_pairs: tuple = ()  # the suite runs the flip test where there are some
    drop_keys: tuple = ()  # tensors whose names end like this are left out of the file
    tier: str = "default"  # "default" or "full"
    true_size: bool = False

    def experts_for(self, count):
        if self.experts == 1:
            return []
        return [self.expert_of_crop[i % len(self.expert_of_crop)] for i in range(count)]


def small(name, hidden, heads, layers=3, **rest):
    return Shape(name, hidden, layers, heads, **rest)


def true_size(name, hidden, layers, heads, **rest):
    return Shape(name, hidden, layers, heads, true_size=True, **rest)


MIXED = (0, 5, 2, 2)
COCO_PAIRS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16))

SHAPES = [
    # The small ones cover what the published checkpoints vary, in every combination that could interact.
    small("simple-d64-h32-k1", 64, 2, decoder="simple", keypoints=1),
    small("classic-d96-h32-k52", 96, 3, keypoints=52),
    small("simple-d160-h80-k133", 160, 2, decoder="simple", keypoints=133),
    small("classic-d160-h80-k17", 160, 2, layers=4, flip_pairs=COCO_PAIRS),
    small("classic-d128-h64-6experts", 128, 2, experts=6, part=32, expert_of_crop=MIXED, flip_pairs=COCO_PAIRS),
    small("simple-d64-h32-6experts-k1", 64, 2, decoder="simple", experts=6, part=16, keypoints=1, expert_of_crop=MIXED),
    small("simple-d96-3experts-part20", 96, 3, decoder="simple", experts=3, part=20, expert_of_crop=(2, 0, 1)),
    small("simple-d96-no-qkv-bias-early-stage", 96, 3, layers=4, decoder="simple",
          backbone=dict(qkv_bias=False, out_indices=[2])),
    small("classic-d64-negative-stage", 64, 1, layers=4, backbone=dict(out_indices=[1, -2])),
    small("simple-d192-stem", 192, 3, layers=2, decoder="simple", backbone=dict(out_indices=[0])),
    small("classic-d64-float16", 64, 2, stored="float16"),
    small("simple-d160-bfloat16", 160, 5, decoder="simple", stored="bfloat16"),
    small("classic-d96-sharded", 96, 3, shard="700KB", drop_keys=("num_batches_tracked",)),
    small("simple-d128-scale2", 128, 2, decoder="simple", head=dict(scale_factor=2)),
    small("classic-d96-epsilon-mlp3", 96, 2, backbone=dict(layer_norm_eps=1e-3, mlp_ratio=3)),
    # The published sizes.
    true_size("vitpose-small", 384, 12, 12),
    true_size("vitpose-base-simple", 768, 12, 12, decoder="simple"),
    true_size("vitpose-base", 768, 12, 12),
    true_size("vitpose-plus-base", 768, 12, 12, experts=6, part=192, expert_of_crop=MIXED),
    true_size("vitpose-plus-small", 384, 12, 12, experts=6, part=96, expert_of_crop=MIXED, tier="full"),
    true_size("vitpose-large-simple", 1024, 24, 16, decoder="simple", tier="full"),
    true_size("vitpose-plus-large", 1024, 24, 16, experts=6, part=256, expert_of_crop=MIXED, tier="full"),
    true_size("vitpose-huge", 1280, 32, 16, tier="full"),
]


def select(full, names):
    """The shapes to run; `names` (substrings) overrides the tier."""
    if names:
        chosen = [s for s in SHAPES if any(n in s.name for n in names)]
        if not chosen:
            raise SystemExit(f"no shape matches {names}; there are: {', '.join(s.name for s in SHAPES)}")
        return chosen
    return [s for s in SHAPES if full or s.tier == "default"]
