# The numbers of transformer_test.c, by numpy alone: python3 golden.py
# Every tensor is named as in Hugging Face's files; entry i of it is a sine of i and the name's bytes.
import numpy as np
from math import erf

W, LAYERS, HEADS, KV, HIDDEN, V, T, CLASSES = 16, 2, 4, 2, 12, 13, 6, 3
TOKENS = [[5, 0, 12, 3, 3, 7], [1, 11, 2, -1, -1, -1]]
SEGMENTS = [[0, 0, 0, 1, 1, 1], [0, 1, 1, 0, 0, 0]]
NEXT = [[0, 12, 3, 3, 7, 9], [11, 2, 6, -1, -1, -1]]
HIDDEN_LABELS = [[-1, 4, -1, -1, 8, -1], [1, -1, -1, -1, -1, -1]]
CLASS = [2, 0]


def tensor(name, *shape):
    i = np.arange(1, np.prod(shape) + 1)
    s = np.sin(.37 * i + .11 * sum(name.encode()) + .002 * i * i)
    norm = "norm" in name.lower() or "ln_" in name
    v = 1 + .2 * s if norm and name.endswith("weight") else .4 * s
    return v.reshape(shape)


def linear(x, name, out, bias=True):
    y = x @ tensor(name + ".weight", out, x.shape[-1]).T
    return y + tensor(name + ".bias", out) if bias else y


def layer_norm(x, name, eps):
    m, v = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return tensor(name + ".weight", W) * (x - m) / np.sqrt(v + eps) + tensor(name + ".bias", W)


def rms_norm(x, name, eps=1e-5):
    return tensor(name + ".weight", W) * x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)


def gelu(x):
    return x * .5 * (1 + np.vectorize(erf)(x / np.sqrt(2)))


def gelu_tanh(x):
    return .5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + .044715 * x ** 3)))


def softmax(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def attention(q, k, v, kv, causal):
    n, d = len(q), W // HEADS
    q, k, v = q.reshape(n, HEADS, d), k.reshape(n, kv, d), v.reshape(n, kv, d)
    y = np.zeros((n, HEADS, d))
    for h in range(HEADS):
        g = h // (HEADS // kv)
        s = q[:, h] @ k[:, g].T / np.sqrt(d)
        if causal:
            s = np.where(np.tri(n) > 0, s, -np.inf)
        y[:, h] = softmax(s) @ v[:, g]
    return y.reshape(n, W)


def rope(x, heads, half):
    n, d = len(x), W // HEADS
    x = x.reshape(n, heads, d)
    y = x.copy()
    for t in range(n):
        for i in range(d // 2):
            a, b = (i, i + d // 2) if half else (2 * i, 2 * i + 1)
            angle = t * 10000. ** (-2 * i / d)
            y[t, :, a] = x[t, :, a] * np.cos(angle) - x[t, :, b] * np.sin(angle)
            y[t, :, b] = x[t, :, a] * np.sin(angle) + x[t, :, b] * np.cos(angle)
    return y.reshape(n, heads * d)


def gpt2(tokens):
    x = tensor("wte.weight", V, W)[tokens] + tensor("wpe.weight", T, W)[:len(tokens)]
    for l in range(LAYERS):
        p = f"h.{l}."
        q, k, v = np.split(linear(layer_norm(x, p + "ln_1", 1e-5), p + "attn.c_attn", 3 * W), 3, 1)
        x = x + linear(attention(q, k, v, HEADS, True), p + "attn.c_proj", W)
        u = gelu_tanh(linear(layer_norm(x, p + "ln_2", 1e-5), p + "mlp.c_fc", HIDDEN))
        x = x + linear(u, p + "mlp.c_proj", W)
    return layer_norm(x, "ln_f", 1e-5)


def llama(tokens, half):
    x = tensor("model.embed_tokens.weight", V, W)[tokens]
    kv = KV * W // HEADS
    for l in range(LAYERS):
        p = f"model.layers.{l}."
        a = rms_norm(x, p + "input_layernorm")
        q, k, v = (linear(a, p + f"self_attn.{n}_proj", s, False) for n, s in (("q", W), ("k", kv), ("v", kv)))
        y = attention(rope(q, HEADS, half), rope(k, KV, half), v, KV, True)
        x = x + linear(y, p + "self_attn.o_proj", W, False)
        a = rms_norm(x, p + "post_attention_layernorm")
        g, u = (linear(a, p + f"mlp.{n}_proj", HIDDEN, False) for n in ("gate", "up"))
        x = x + linear(g / (1 + np.exp(-g)) * u, p + "mlp.down_proj", W, False)
    return rms_norm(x, "model.norm")


def bert(tokens, segments, roberta):
    eps, first = (1e-5, 2) if roberta else (1e-12, 0)
    n = len(tokens)
    x = tensor("embeddings.word_embeddings.weight", V, W)[tokens]
    x = x + tensor("embeddings.position_embeddings.weight", T + first, W)[first:first + n]
    table = tensor("embeddings.token_type_embeddings.weight", 1 if roberta else 2, W)
    x = layer_norm(x + table[[0] * n if roberta else segments], "embeddings.LayerNorm", eps)
    for l in range(LAYERS):
        p = f"encoder.layer.{l}."
        q, k, v = (linear(x, p + f"attention.self.{m}", W) for m in ("query", "key", "value"))
        y = linear(attention(q, k, v, HEADS, False), p + "attention.output.dense", W)
        x = layer_norm(x + y, p + "attention.output.LayerNorm", eps)
        y = linear(gelu(linear(x, p + "intermediate.dense", HIDDEN)), p + "output.dense", W)
        x = layer_norm(x + y, p + "output.LayerNorm", eps)
    return x


def loss(logits, labels):
    rows = [(y, t) for y, t in zip(logits, labels) if t >= 0]
    return [np.log(np.exp(y - y.max()).sum()) + y.max() - y[t] for y, t in rows]


def texts():
    for tokens, segments in zip(TOKENS, SEGMENTS):
        n = sum(t >= 0 for t in tokens)
        yield tokens[:n], segments[:n]


def report(name, losses):
    print(f"{name:20} {np.mean(np.concatenate(losses)):.12f}")


def masked(x, roberta):
    dense, norm = (("lm_head.dense", "lm_head.layer_norm") if roberta else
                   ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm"))
    x = layer_norm(gelu(linear(x, dense, W)), norm, 1e-5 if roberta else 1e-12)
    bias = tensor("lm_head.bias" if roberta else "cls.predictions.bias", V)
    return x @ tensor("embeddings.word_embeddings.weight", V, W).T + bias


def classes(x, roberta):
    dense, out = ("classifier.dense", "classifier.out_proj") if roberta else ("pooler.dense", "classifier")
    return linear(np.tanh(linear(x[:1], dense, W)), out, CLASSES)


report("gpt2 next", [loss(gpt2(t) @ tensor("wte.weight", V, W).T, y) for (t, _), y in zip(texts(), NEXT)])
report("gpt2 classes", [loss(linear(gpt2(t)[-1:], "score", CLASSES, False), [y]) for (t, _), y in zip(texts(), CLASS)])
for half in (True, False):
    report(f"llama next {'half' if half else 'pairs'}",
           [loss(linear(llama(t, half), "lm_head", V, False), y) for (t, _), y in zip(texts(), NEXT)])
report("llama classes", [loss(linear(llama(t, True)[-1:], "score", CLASSES, False), [y]) for (t, _), y in zip(texts(), CLASS)])
for name, roberta in (("bert", False), ("roberta", True)):
    report(name + " hidden", [loss(masked(bert(*t, roberta), roberta), y) for t, y in zip(texts(), HIDDEN_LABELS)])
    report(name + " classes", [loss(classes(bert(*t, roberta), roberta), [y]) for t, y in zip(texts(), CLASS)])
