package dev.caviar.app.check;

import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Concatenate;
import dev.caviar.nn.layer.CroppingND;
import dev.caviar.nn.layer.Dot;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Merge;
import dev.caviar.nn.layer.Permute;
import dev.caviar.nn.layer.RandomCrop;
import dev.caviar.nn.layer.RepeatVector;
import dev.caviar.nn.layer.Rescaling;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Resizing;
import dev.caviar.nn.layer.UpSamplingND;
import dev.caviar.nn.layer.ZeroPaddingND;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Layers that move elements, whose cases are named by them, and layers that bring inputs together.
final class ShapeChecks {
    private static final Pattern CONCAT = Pattern.compile("concat(?:enate)?(?:_axis(-?\\d+)|_.*)?");

    private static final List<String> MERGES = Stream.of(Merge.values()).map(Merge::kind).toList();

    private ShapeChecks() {}

    static Map<String, Check> checks() {
        return Map.of("shape", c -> LayerCase.of(c).compare(SpatialChecks.formatted(c, shape(c))), "merge", c -> LayerCase.of(c).compare(merge(c)));
    }

    /// The layer is the name's first word, with or without its number of axes.
    private static Layer shape(Case c) {
        int axes = c.array("x").rank() - 2;
        var name = c.name().replaceFirst("^zero_padding", "zeropadding").replaceFirst("^up_sampling", "upsampling");
        return switch (name.replaceFirst("([123]d)?(_(?!vector).*)?$", "")) {
            case "zeropad", "zeropadding" -> border(c, "padding", axes, ZeroPaddingND::new);
            case "crop", "cropping" -> border(c, "cropping", axes, CroppingND::new);
            case "upsample", "upsampling" -> new UpSamplingND(each(axes, c.numbers("size", 2)),
                    c.named(c.text("interpolation", "nearest"), UpSamplingND.Interpolation::of));
            case "flatten" -> Flatten.of();
            case "permute" -> Permute.of(c.numbers("dims"));
            case "reshape" -> Reshape.of(c.numbers("target_shape"));
            case "identity" -> Activation.LINEAR;
            case "resizing" -> resizing(c);
            // At inference the middle.
            case "centercrop", "center_crop", "randomcrop", "random_crop" -> RandomCrop.of(c.whole("height"), c.whole("width"));
            case "rescaling" -> new Rescaling(c.number("scale"), c.number("offset", 0));
            case "repeat", "repeat_vector", "repeatvector" -> RepeatVector.of(c.whole("n"));
            default -> throw new Unsupported("there is no shape layer \"" + c.name() + "\".");
        };
    }

    private static Layer resizing(Case c) {
        for (var way : List.of("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio")) c.demand(way, false);
        for (var fill : List.of("fill_mode", "fill_value")) c.value(fill);
        return Resizing.of(c.whole("height"), c.whole("width")).withInterpolation(
                c.named(c.text("interpolation", "bilinear").toUpperCase(Locale.ROOT), Resizing.Interpolation::valueOf));
    }

    /// One number, one for each axis, or a pair for each axis; of a single axis also a pair alone.
    private static Layer border(Case c, String key, int axes, BiFunction<List<Long>, List<Long>, Layer> layer) {
        var value = c.value(key);
        if (value instanceof List<?> pairs && pairs.stream().allMatch(List.class::isInstance)) {
            var before = new ArrayList<Long>();
            var after = new ArrayList<Long>();
            for (var pair : pairs) {
                if (!(pair instanceof List<?> two && two.size() == 2 && two.get(0) instanceof Long low && two.get(1) instanceof Long high)) {
                    throw new Unsupported(key + " is " + value + ", not a pair of whole numbers for each axis.");
                }
                before.add(low);
                after.add(high);
            }
            return layer.apply(before, after);
        }
        var numbers = c.numbers(key, 1);
        if (axes == 1 && numbers.length == 2) return layer.apply(List.of(numbers[0]), List.of(numbers[1]));
        return layer.apply(each(axes, numbers), each(axes, numbers));
    }

    private static List<Long> each(int axes, long[] numbers) {
        return numbers.length == 1 ? Collections.nCopies(axes, numbers[0]) : Arrays.stream(numbers).boxed().toList();
    }

    /// The layer is the setting `layer`, else the name.
    private static Layer merge(Case c) {
        var name = c.text("layer", c.name());
        var concat = CONCAT.matcher(name);
        if (concat.matches()) return Concatenate.of(c.whole("axis", concat.group(1) == null ? -1 : Integer.parseInt(concat.group(1))));
        if (!name.startsWith("dot")) return Merge.of(Kinds.longest(MERGES, name));
        var axes = c.numbers("axes", -1);
        return Dot.of((int) axes[0], (int) axes[axes.length - 1]).withNormalize(c.flag("normalize", name.contains("norm")));
    }
}
