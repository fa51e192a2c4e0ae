"""A Hugging Face folder of a small GPT-2 (matrices in, out) with weights that are sines: FOLDER SHIFT [POSITIONS WIDTH]."""
import json, math, os, struct, sys
w = int(sys.argv[4]) if len(sys.argv) > 4 else 8
layers, vocabulary, positions = 2, 12, int(sys.argv[3]) if len(sys.argv) > 3 else 8
folder, shift = sys.argv[1], float(sys.argv[2])
tensors = {"wte.weight": (vocabulary, w), "wpe.weight": (positions, w), "ln_f.weight": (w,), "ln_f.bias": (w,)}
for i in range(layers):
    for name, shape in {"ln_1": (w,), "ln_2": (w,), "attn.c_attn": (w, 3 * w), "attn.c_proj": (w, w),
                        "mlp.c_fc": (w, 4 * w), "mlp.c_proj": (4 * w, w)}.items():
        tensors["h.%d.%s.weight" % (i, name)] = shape
        tensors["h.%d.%s.bias" % (i, name)] = shape[-1:]
header, data, at = {}, b"", 0
for k, (name, shape) in enumerate(sorted(tensors.items())):
    n = math.prod(shape)
    gain = "ln_" in name and name.endswith("weight")
    numbers = [(1 if gain else 0) + .3 * math.sin(.7 * i + k + shift) for i in range(n)]
    header["transformer." + name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + 4 * n]}
    data += struct.pack("<%df" % n, *numbers)
    at += 4 * n
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
os.makedirs(folder)
open(folder + "/model.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)
json.dump({"model_type": "gpt2", "n_embd": w, "n_layer": layers, "n_head": 2, "n_positions": positions,
           "vocab_size": vocabulary, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new",
           "mine": "kept"}, open(folder + "/config.json", "w"))
