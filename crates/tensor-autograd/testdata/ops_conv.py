import torch
import torch.nn.functional as F
from reflib import case


def conv2d(name, w, x, b=None, **options):
    case("conv2d" + name, lambda b, w, x: F.conv2d(x, w, b, **options), b=(w[0],), w=w, x=x)


conv2d("", (3, 2, 3, 2), (2, 2, 4, 3))
case("conv2d_unbiased", lambda w, x: F.conv2d(x, w), w=(2, 3, 1, 1), x=(2, 3, 2, 2))
conv2d("_padded", (2, 1, 3, 3), (1, 1, 3, 4), padding=(1, 2))
conv2d("_strided", (2, 2, 3, 2), (1, 2, 6, 5), stride=(2, 3), padding=1)
conv2d("_dilated", (2, 2, 2, 2), (2, 2, 4, 3), dilation=(2, 1), padding=(1, 0))
conv2d("_grouped", (4, 2, 2, 2), (2, 4, 3, 3), groups=2)
conv2d("_depthwise", (3, 1, 3, 3), (1, 3, 3, 3), groups=3, padding=1)
conv2d(
    "_everything",
    (4, 1, 3, 2),
    (2, 2, 4, 4),
    stride=(2, 1),
    padding=(2, 1),
    dilation=(1, 2),
    groups=2,
)

case("conv1d", lambda b, w, x: F.conv1d(x, w, b), b=(3,), w=(3, 2, 3), x=(2, 2, 6))
case("conv1d_unbiased", lambda w, x: F.conv1d(x, w), w=(3, 2, 1), x=(2, 2, 3))
everything = lambda b, w, x: F.conv1d(x, w, b, stride=2, padding=2, dilation=3, groups=2)
case("conv1d_everything", everything, b=(2,), w=(2, 2, 3), x=(2, 4, 7))


def transpose(name, b, w, x, **options):
    f = lambda b, w, x: F.conv_transpose2d(x, w, b, **options)
    case("conv_transpose2d" + name, f, b=b, w=w, x=x)


transpose("", (2,), (3, 2, 2, 3), (2, 3, 2, 2))
f = lambda w, x: F.conv_transpose2d(x, w)
case("conv_transpose2d_unbiased", f, w=(2, 2, 2, 2), x=(1, 2, 3, 2))
options = dict(stride=(2, 3), padding=(1, 0), output_padding=(1, 2))
transpose("_strided", (2,), (2, 2, 3, 2), (1, 2, 3, 2), **options)
transpose("_dilated", (1,), (2, 1, 2, 3), (2, 2, 3, 3), dilation=(2, 1), padding=1)
transpose("_grouped", (4,), (4, 2, 2, 2), (1, 4, 2, 2), groups=2, stride=2)

pool = lambda f, *a, **o: lambda x: f(x, *a, **o)
case("max_pool2d", pool(F.max_pool2d, 2), x=(2, 2, 4, 5))
overlapping = dict(stride=(2, 1), padding=1)
case("max_pool2d_overlapping", pool(F.max_pool2d, (3, 2), **overlapping), x=(1, 2, 5, 4))
case("max_pool2d_dilated", pool(F.max_pool2d, 2, stride=1, dilation=(2, 3)), x=(1, 1, 5, 5))
ceil = dict(stride=2, padding=(1, 0), ceil_mode=True)
case("max_pool2d_ceil", pool(F.max_pool2d, 3, **ceil), x=(1, 2, 6, 6))
case("max_pool1d", pool(F.max_pool1d, 3, stride=2, padding=1), x=(2, 2, 7))
case("avg_pool2d", pool(F.avg_pool2d, 2), x=(2, 2, 4, 5))
case("avg_pool2d_padded", pool(F.avg_pool2d, (3, 2), **overlapping), x=(1, 2, 5, 4))
without = dict(padding=1, count_include_pad=False)
case("avg_pool2d_without_pad", pool(F.avg_pool2d, 3, **without), x=(1, 2, 5, 4))
case("avg_pool2d_ceil", pool(F.avg_pool2d, 3, **ceil), x=(1, 2, 6, 6))
case("avg_pool1d", pool(F.avg_pool1d, 3, stride=2, padding=1), x=(2, 2, 7))
case("adaptive_avg_pool2d", pool(F.adaptive_avg_pool2d, (2, 3)), x=(2, 2, 5, 7))
case("adaptive_avg_pool2d_global", pool(F.adaptive_avg_pool2d, 1), x=(2, 3, 3, 4))
case("adaptive_avg_pool2d_larger", pool(F.adaptive_avg_pool2d, (3, 4)), x=(1, 2, 2, 3))
case("adaptive_avg_pool1d", pool(F.adaptive_avg_pool1d, 3), x=(2, 2, 7))
