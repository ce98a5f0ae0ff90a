package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Contract;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/// `activation(x · kernel + bias)`, where an equation of letters says what the axes of both are: a letter of both sides that is not in the result is summed
/// over, all others stay, in the order of the result.
///
/// In `abc,cd->abd` the input is `[a, b, c]`, the kernel `[c, d]`, the output `[a, b, d]`; in `...x,xy->...y` dots are all axes that are not named. A letter
/// that only the kernel has is as long as `sizes` says; 0 stands where the input says it. The bias
/// has the axes of `biasAxes`, and length 1 along what stands between and behind them; none without.
///
/// ```java
/// var heads = EinsumDense.of("abc,cde->abde", 0, 4, 8).withBiasAxes("de");       // [32, 10, 16] -> [32, 10, 4, 8]
/// var last = EinsumDense.of("...x,xy->...y", 64).withBiasAxes("y");              // as Dense.of(64)
/// ```
///
/// @param sizes the lengths of the result's named axes, from the back; those in front that are missing are the input's
public record EinsumDense(String equation, List<Long> sizes, String biasAxes, Activation activation, Init kernelInit, Init biasInit) implements UnaryLayer {
    private static final String DOTS = "...";

    public EinsumDense {
        equation = equation.replace(" ", "");
        sizes = List.copyOf(sizes);
        var sides = sides(equation);
        if (!biasAxes.chars().allMatch(c -> sides.get(2).indexOf(c) >= 0)) {
            throw new IllegalArgumentException("EinsumDense(" + equation + ") with a bias along \"" + biasAxes + "\", which are not axes of the result.");
        }
    }

    /// Without bias and activation, with a Glorot uniform kernel.
    public static EinsumDense of(String equation, long... sizes) {
        return new EinsumDense(equation, Arrays.stream(sizes).boxed().toList(), "", Activation.LINEAR, Init.xavier(), Init.zeros());
    }

    /// The axes of the bias, such as `d`; empty for none.
    public EinsumDense withBiasAxes(String biasAxes) {
        return new EinsumDense(equation, sizes, biasAxes, activation, kernelInit, biasInit);
    }

    public EinsumDense withActivation(Activation activation) {
        return new EinsumDense(equation, sizes, biasAxes, activation, kernelInit, biasInit);
    }

    public EinsumDense withKernelInit(Init kernelInit) {
        return new EinsumDense(equation, sizes, biasAxes, activation, kernelInit, biasInit);
    }

    public EinsumDense withBiasInit(Init biasInit) {
        return new EinsumDense(equation, sizes, biasAxes, activation, kernelInit, biasInit);
    }

    /// Input, kernel and result, with dots or without.
    private static List<String> sides(String equation) {
        if (!equation.matches("(\\.\\.\\.)?[a-zA-Z]*(\\.\\.\\.)?,[a-zA-Z]+->(\\.\\.\\.)?[a-zA-Z]*(\\.\\.\\.)?")) {
            throw new IllegalArgumentException("EinsumDense(" + equation + "): it is letters for the input's axes, the kernel's and the result's, as in "
                    + "\"abc,cd->abd\".\nMaybe dots stand where they are not in front or behind.");
        }
        var sides = List.of(equation.split(",|->", -1));
        for (var side : sides) {
            if (side.replace(DOTS, "").chars().distinct().count() != side.replace(DOTS, "").length()) {
                throw new IllegalArgumentException("EinsumDense(" + equation + "): \"" + side + "\" names an axis twice.");
            }
        }
        var known = sides.get(0) + sides.get(1);
        if (!sides.get(2).chars().allMatch(c -> known.indexOf(c) >= 0) || sides.get(0).contains(DOTS) != sides.get(2).contains(DOTS)) {
            throw new IllegalArgumentException("EinsumDense(" + equation + "): the result has axes that neither the input nor the kernel has.");
        }
        return sides;
    }

    @Override
    public Tensor apply(Scope s, Tensor given) {
        var sides = sides(equation);
        var x = given.cast(s.dtype());
        int free = x.rank() - sides.get(0).replace(DOTS, "").length();
        if (free < 0 || free > 0 && !sides.get(0).contains(DOTS)) {
            throw new ShapeException("the input is " + x.shape() + ", but the equation " + equation + " has " + sides.get(0).replace(DOTS, "").length()
                    + " axes for it.\nMaybe use dots for those that stay as they are.");
        }
        var left = spelled(sides.get(0), free);
        var right = spelled(sides.get(1), 0);
        var out = spelled(sides.get(2), free);
        var lengths = lengths(x.shape(), left, out);
        for (char axis : right.toCharArray()) {
            if (!lengths.containsKey(axis)) {
                throw new ShapeException("nothing says how long axis " + axis + " of the equation " + equation + " is.\nMaybe name a size for each axis of the result.");
            }
        }
        var y = product(x, left, s.param("kernel", shape(right, lengths), kernelInit), right, out);
        if (biasAxes.isEmpty()) {
            return activation.on(y);
        }
        // From its first axis on, the others of length 1.
        var wide = new ArrayList<Long>();
        for (char axis : out.toCharArray()) {
            if (biasAxes.indexOf(axis) >= 0 || !wide.isEmpty()) {
                wide.add(biasAxes.indexOf(axis) >= 0 ? lengths.get(axis) : 1L);
            }
        }
        return activation.on(y.add(s.param("bias", new Shape(wide), biasInit)));
    }

    /// Dots as digits, which are no letters.
    private static String spelled(String side, int free) {
        var digits = new StringBuilder();
        for (int i = 0; i < free; i++) {
            digits.append((char) ('0' + i));
        }
        return side.replace(DOTS, digits);
    }

    private Map<Character, Long> lengths(Shape x, String left, String out) {
        var lengths = new HashMap<Character, Long>();
        for (int i = 0; i < left.length(); i++) {
            lengths.put(left.charAt(i), x.dim(i));
        }
        var named = kept(out, Character::isLetter);
        for (int i = 0; i < Math.min(sizes.size(), named.length()); i++) {
            char axis = named.charAt(named.length() - 1 - i);
            long size = sizes.get(sizes.size() - 1 - i);
            var known = lengths.get(axis);
            if (size > 0 && known != null && known != size) {
                throw new ShapeException("axis " + axis + " of the equation " + equation + " is to be " + size + ", but the input is " + x
                        + ".\nMaybe say 0 where the input says the size.");
            }
            if (size > 0) {
                lengths.put(axis, size);
            }
        }
        return lengths;
    }

    private static Shape shape(String axes, Map<Character, Long> lengths) {
        return new Shape(axes.chars().mapToObj(c -> lengths.get((char) c)).toList());
    }

    private static Tensor product(Tensor x, String left, Tensor kernel, String right, String out) {
        var batch = kept(left, c -> right.indexOf(c) >= 0 && out.indexOf(c) >= 0);
        var sum = kept(left, c -> right.indexOf(c) >= 0 && out.indexOf(c) < 0);
        // What only one side has and the result has not is summed before.
        var x1 = reduced(x, left, c -> right.indexOf(c) < 0 && out.indexOf(c) < 0);
        var l = kept(left, c -> right.indexOf(c) >= 0 || out.indexOf(c) >= 0);
        var k1 = reduced(kernel, right, c -> left.indexOf(c) < 0 && out.indexOf(c) < 0);
        var r = kept(right, c -> left.indexOf(c) >= 0 || out.indexOf(c) >= 0);
        var y = x1.contract(k1, new Contract(places(l, batch), places(r, batch), places(l, sum), places(r, sum)));
        var now = batch + kept(l, c -> batch.indexOf(c) < 0 && sum.indexOf(c) < 0) + kept(r, c -> batch.indexOf(c) < 0 && sum.indexOf(c) < 0);
        return now.equals(out) ? y : y.transpose(out.chars().map(now::indexOf).toArray());
    }

    private static String kept(String side, IntPredicate which) {
        return side.chars().filter(which).mapToObj(Character::toString).collect(Collectors.joining());
    }

    private static List<Integer> places(String side, String axes) {
        return axes.chars().mapToObj(side::indexOf).toList();
    }

    private static Tensor reduced(Tensor x, String side, IntPredicate gone) {
        var over = places(side, kept(side, gone)).stream().mapToInt(i -> i).toArray();
        return over.length == 0 ? x : x.sum(over);
    }

    @Override
    public Optional<Tail> tail() {
        return Optional.of(new Tail(withActivation(Activation.LINEAR), activation));
    }

    @Override
    public String toString() {
        return "EinsumDense(" + equation + (activation == Activation.LINEAR ? ")" : ", " + activation.kind() + ")");
    }
}
