"""idim's spaces, samples and random streams for PyTorch models: ctypes over libidim, NumPy, torch.

    import torch, idim_space as idim
    net = torch.nn.Sequential(torch.nn.Linear(784, 200), torch.nn.ReLU(), torch.nn.Linear(200, 10))
    inside = idim.Inside(net, "fastfood", d=750, seed=1)    # inside.z (750) is the one parameter
    step = torch.optim.Adam(inside.parameters(), lr=0.05)
    loss = torch.nn.functional.cross_entropy(inside(x), y); loss.backward(); step.step()

The weights are theta = theta0 + Delta(z); what is not trained (batch norm's running means) stays the
module's. Weights go through the CPU: lift and pull are idim's own code. The library is looked for in
$IDIM_LIBRARY, then where the system looks. Every call that fails raises idim_space.Error with idim's
sentence.
"""
import ctypes
import ctypes.util
import os

import numpy as np
import torch

try:
    from torch.func import functional_call
except ImportError:  # before torch 2.0
    from torch.nn.utils.stateless import functional_call

SPLITS = {"train": 0, "val": 1, "test": 2}


class Error(Exception):
    """idim's sentence: thing, place, mend."""


class _Tensor(ctypes.Structure):  # idim_tensor of idim.h
    _fields_ = [("name", ctypes.c_char_p), ("roles", ctypes.c_char_p), ("shape", ctypes.c_size_t * 4),
                ("offset", ctypes.c_size_t), ("n", ctypes.c_size_t), ("layer", ctypes.c_int),
                ("tied", ctypes.c_bool), ("outside", ctypes.c_bool), ("decay", ctypes.c_bool),
                ("bare", ctypes.c_bool), ("lr_factor", ctypes.c_double), ("blocks", ctypes.c_char_p)]


class _Layout(ctypes.Structure):  # idim_layout
    _fields_ = [("tensors", ctypes.POINTER(_Tensor)), ("n_tensors", ctypes.c_size_t),
                ("n", ctypes.c_size_t)]


def _load():
    path = os.environ.get("IDIM_LIBRARY") or ctypes.util.find_library("idim")
    if not path:
        raise Error("libidim.so is not found: `make install` puts it where the system looks, or set "
                    "IDIM_LIBRARY to its path")
    lib = ctypes.CDLL(path)
    p, size, text, seed = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_uint64
    made = ctypes.POINTER(p)
    for name, result, args in [
            ("idim_start", ctypes.c_int, []), ("idim_error_text", text, []),
            ("idim_task_new", ctypes.c_int, [made, text]), ("idim_task_free", None, [p]),
            ("idim_task_samples", size, [p, ctypes.c_int]), ("idim_task_features", size, [p]),
            ("idim_task_classes", size, [p]),
            ("idim_task_fetch", ctypes.c_int, [p, ctypes.c_int, p, size, p, p]),
            ("idim_order", None, [seed, size, size, p]),
            ("idim_model_new", ctypes.c_int, [made, text, p]), ("idim_model_free", None, [p]),
            ("idim_model_layout", ctypes.POINTER(_Layout), [p]),
            ("idim_model_theta0", None, [p, seed, p]),
            ("idim_space_new", ctypes.c_int, [made, text, ctypes.POINTER(_Layout), p, seed]),
            ("idim_space_free", None, [p]), ("idim_space_d", size, [p]),
            ("idim_space_start", None, [p, p]), ("idim_space_lift", None, [p, p, p]),
            ("idim_space_pull", None, [p, p, p, p]),
            ("idim_space_spec", ctypes.c_int, [text, text, text, text, size])]:
        call = getattr(lib, name)
        call.restype, call.argtypes = result, args
    if lib.idim_start():
        raise Error(lib.idim_error_text().decode())
    return lib


_lib = _load()


def _check(status):
    if status:
        raise Error(_lib.idim_error_text().decode())


def _at(array):
    return array.ctypes.data_as(ctypes.c_void_p)


class Task:
    """Data as idim splits and scales them: Task("mnist:train=5000").train is (x, y), NumPy arrays."""

    def __init__(self, spec):
        self._p = ctypes.c_void_p()
        _check(_lib.idim_task_new(ctypes.byref(self._p), spec.encode()))
        self.features = _lib.idim_task_features(self._p)
        self.classes = _lib.idim_task_classes(self._p)

    def __del__(self):
        _lib.idim_task_free(self._p)

    def split(self, name):
        which = SPLITS[name]
        n = _lib.idim_task_samples(self._p, which)
        index = np.arange(n, dtype=np.uint32)
        x = np.empty((n, self.features), np.float32)
        y = np.empty(n, np.int32)
        _check(_lib.idim_task_fetch(self._p, which, _at(index), n, _at(x), _at(y)))
        return x, y.astype(np.int64)

    train = property(lambda self: self.split("train"))
    val = property(lambda self: self.split("val"))
    test = property(lambda self: self.split("test"))


def order(seed, n, epoch):
    """The n training samples in the order in which idim takes them in an epoch, from 0."""
    out = np.empty(n, np.uint32)
    _lib.idim_order(seed, n, epoch, _at(out))
    return out.astype(np.int64)


def theta0(model, task, seed):
    """Weights at step 0 of one of idim's models ("lenet"): a dict of arrays by name, in its layout's order.
    load() puts them into a module whose parameters have these shapes in this order."""
    p = ctypes.c_void_p()
    _check(_lib.idim_model_new(ctypes.byref(p), model.encode(), task._p))
    layout = _lib.idim_model_layout(p).contents
    flat = np.empty(layout.n, np.float32)
    _lib.idim_model_theta0(p, seed, _at(flat))
    out = {}
    for t in layout.tensors[:layout.n_tensors]:
        shape = [k for k in t.shape if k]
        out[t.name.decode()] = flat[t.offset:t.offset + t.n].reshape(shape).copy()
    _lib.idim_model_free(p)
    return out


def load(module, weights):
    parameters = list(module.parameters())
    if [tuple(p.shape) for p in parameters] != [w.shape for w in weights.values()]:
        raise Error("the module's parameters have other shapes than these weights, or another order")
    with torch.no_grad():
        for p, w in zip(parameters, weights.values()):
            p.copy_(torch.from_numpy(w))


class Space:
    """A space over named arrays (their roles: "kernel" of two or more dimensions, else "bias")."""

    def __init__(self, spec, shapes, theta0, seed, d=None, rank=None):
        for key, value in (("d", d), ("r", rank)):
            if value:
                out = ctypes.create_string_buffer(4096)
                _check(_lib.idim_space_spec(spec.encode(), key.encode(), str(int(value)).encode(), out,
                                            len(out)))
                spec = out.value.decode()
        tensors = (_Tensor * len(shapes))()
        offset = 0
        for t, (name, shape) in zip(tensors, shapes.items()):
            kernel = len(shape) > 1
            if len(shape) > 4:
                shape = (shape[0], int(np.prod(shape[1:])))
            t.name, t.roles = name.encode(), b"kernel" if kernel else b"bias"
            t.shape = (ctypes.c_size_t * 4)(*(shape or (1,)))
            t.offset, t.n, t.layer, t.decay = offset, int(np.prod(shape)), -1, kernel
            offset += t.n
        self._layout = _Layout(tensors, len(shapes), offset)  # and the arrays it points at: the library borrows
        self._keep = tensors, np.ascontiguousarray(theta0, np.float32)
        self._p = ctypes.c_void_p()
        _check(_lib.idim_space_new(ctypes.byref(self._p), spec.encode(), ctypes.byref(self._layout),
                                   _at(self._keep[1]), seed))
        self.spec, self.D, self.d = spec, offset, _lib.idim_space_d(self._p)

    def __del__(self):
        _lib.idim_space_free(getattr(self, "_p", None))

    def start(self):
        z = np.empty(self.d, np.float32)
        _lib.idim_space_start(self._p, _at(z))
        return z

    def lift(self, z):
        theta = np.empty(self.D, np.float32)
        _lib.idim_space_lift(self._p, _at(z), _at(theta))
        return theta

    def pull(self, z, g_theta):
        g_z = np.empty(self.d, np.float32)
        _lib.idim_space_pull(self._p, _at(z), _at(g_theta), _at(g_z))
        return g_z


def _array(t):
    return np.ascontiguousarray(t.detach().cpu().numpy(), np.float32)


class Lift(torch.autograd.Function):
    """theta (D) of z (d): forward is lift, backward is pull."""

    @staticmethod
    def forward(ctx, z, space):
        ctx.space, ctx.z = space, _array(z)
        return torch.from_numpy(space.lift(ctx.z)).to(z.device)

    @staticmethod
    def backward(ctx, g_theta):
        return torch.from_numpy(ctx.space.pull(ctx.z, _array(g_theta))).to(g_theta.device), None


class Inside(torch.nn.Module):
    """A module that is trained inside a space: z is its only parameter. Its weights now are theta0."""

    def __init__(self, module, spec, seed, d=None, rank=None):
        super().__init__()
        named = {k: p for k, p in module.named_parameters() if p.requires_grad}
        self._module = [module]  # in a list: its own parameters are none of ours
        self._shapes = {k: tuple(p.shape) for k, p in named.items()}
        flat = torch.cat([p.detach().reshape(-1).cpu().float() for p in named.values()])
        self.space = Space(spec, self._shapes, flat.numpy(), seed, d, rank)
        self.z = torch.nn.Parameter(torch.from_numpy(self.space.start()))

    def weights(self):
        theta, out, at = Lift.apply(self.z, self.space), {}, 0
        for name, shape in self._shapes.items():
            n = int(np.prod(shape))
            out[name] = theta[at:at + n].reshape(shape)
            at += n
        return out

    def train(self, mode=True):
        self._module[0].train(mode)
        return super().train(mode)

    def forward(self, *args, **kwargs):
        return functional_call(self._module[0], self.weights(), args, kwargs)
