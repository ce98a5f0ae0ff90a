package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.Shape;
import java.util.Arrays;
import java.util.List;

/// Walks over all places of a sliding window and, at each, over the taps that lie inside the input, in row-major order.
final class Places {
    private static final int AXES = 3;

    private final int examples;
    private final int[] length = ones();
    private final int[] size = ones();
    private final int[] out = ones();
    private final int[] stride = ones();
    private final int[] dilation = ones();
    private final int[] low = new int[AXES];

    /// What is done at one tap; pixels and taps are numbered row-major.
    @FunctionalInterface
    interface Visitor {
        void tap(int inPixel, int tap, int outPixel);
    }

    /// Fewer than three axes are the last ones of three.
    Places(Shape x, List<Long> sizes, Shape y, Slide slide) {
        examples = Math.toIntExact(x.dim(0));
        for (int axis = 0; axis < slide.axes(); axis++) {
            int at = AXES - slide.axes() + axis;
            length[at] = Math.toIntExact(x.dim(1 + axis));
            size[at] = Math.toIntExact(sizes.get(axis));
            out[at] = Math.toIntExact(y.dim(1 + axis));
            stride[at] = Math.toIntExact(slide.strides().get(axis));
            dilation[at] = Math.toIntExact(slide.dilation().get(axis));
            low[at] = Math.toIntExact(slide.low().get(axis));
        }
    }

    private static int[] ones() {
        var ones = new int[AXES];
        Arrays.fill(ones, 1);
        return ones;
    }

    int outputs() {
        return examples * out[0] * out[1] * out[2];
    }

    int inputs() {
        return examples * length[0] * length[1] * length[2];
    }

    void walk(Visitor visitor) {
        int place = 0;
        for (int n = 0; n < examples; n++) {
            for (int a = 0; a < out[0]; a++) {
                for (int b = 0; b < out[1]; b++) {
                    for (int c = 0; c < out[2]; c++) {
                        taps(visitor, n, start(0, a), start(1, b), start(2, c), place++);
                    }
                }
            }
        }
    }

    private int start(int axis, int place) {
        return place * stride[axis] - low[axis];
    }

    private void taps(Visitor visitor, int n, int first, int second, int third, int place) {
        for (int i = 0; i < size[0]; i++) {
            int x = first + i * dilation[0];
            for (int j = 0; x >= 0 && x < length[0] && j < size[1]; j++) {
                int y = second + j * dilation[1];
                for (int k = 0; y >= 0 && y < length[1] && k < size[2]; k++) {
                    int z = third + k * dilation[2];
                    if (z >= 0 && z < length[2]) {
                        visitor.tap(((n * length[0] + x) * length[1] + y) * length[2] + z, (i * size[1] + j) * size[2] + k, place);
                    }
                }
            }
        }
    }
}
