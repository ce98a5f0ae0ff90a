package dev.caviar.engine.compile;

import dev.caviar.engine.compile.WeightGradientCode.Tile;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.ConvSpec;
import dev.caviar.engine.kernel.Routine;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The gradient of a convolution's kernel (and bias) as machine code: `dw[tap, i, o] = Σ x[place + tap, i] · dy[place, o]`.
///
/// A tile of weights (some inputs × one to three vectors of outputs, for one tap) stays in registers while it goes over the places of a block,
/// so small that all taps and tiles find its pixels in the first-level cache. What a block asks for is a list of jobs, relative to
/// where the block begins; blocks that are cut off by the same edges share theirs.
///
/// ```
/// for each example, each block of places, each job (tap, tile):
///     registers = sums[tap, tile];  for each place: registers += x[place + tap, inputs] · dy[place, outputs];  sums[tap, tile] = registers
/// ```
///
/// Sums of some examples are added to those of all others: no number is the sum of more than a few thousand at once.
final class WeightGradient implements Routine {
    /// The pixels of a block have at most so many bytes, unless that were too few pixels.
    private static final long BLOCK = 20 << 10;
    private static final long FEWEST = 32;
    /// So many places are summed before the sums are added to the whole.
    private static final long PLACES = 1024;
    /// Kernels that do not stay in the second-level cache, and images so small that sums would move more than they grow, are better off as
    /// other products.
    private static final long MOST_WEIGHTS = 1 << 16;
    private static final long FEWEST_PLACES = 64;
    private static final long FEWEST_INPUTS = 4;
    private static final Kernel ADD = Kernels.exact(new Nest(Nest.Axis.FLAT,
            List.of(new Nest.Source(DType.F32, Values.Mode.FULL), new Nest.Source(DType.F32, Values.Mode.FULL)),
            List.of(new Nest.Map2(BinaryFn.ADD, DType.F32, 0, 1)), List.of(new Nest.Store(2, Values.Mode.FULL, 0)))).kernel();

    private final ConvSpec spec;
    private final Volume volume;
    private final long[] bytes;
    private final WeightGradientCode code;
    private final List<Tile> tiles;
    private final Map<List<Long>, MemorySegment> tables = new HashMap<>();
    /// For each block its jobs, how many there are, and where it begins in x and y.
    private final List<Block> blocks = new ArrayList<>();
    private final long weights;
    private final MemorySegment part;
    private final MemorySegment sum;
    private final Table adding = new Table(3);

    private record Block(MemorySegment jobs, long count, long x, long y) {}

    private WeightGradient(ConvSpec spec, Volume volume, WeightGradientCode code) {
        this.spec = spec;
        this.volume = volume;
        this.bytes = spec.operands().stream().mapToLong(shape -> 4 * shape.size()).toArray();
        this.code = code;
        this.tiles = code.tiles();
        this.weights = spec.w().size();
        long sums = 4 * (weights + (spec.bias() ? volume.groups() * volume.out() : 0));
        part = Arena.ofAuto().allocate(sums, 64);
        sum = Arena.ofAuto().allocate(sums, 64);
        adding.set(0, sum.address());
        adding.set(1, part.address());
        adding.set(2, sum.address());
        cut();
    }

    /// The routine, or null where the library's is as good.
    static @Nullable WeightGradient of(ConvSpec spec) {
        var volume = Volume.of(spec);
        boolean fits = spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT && volume.out() % MachineEmitter.LANES == 0 && volume.in() >= FEWEST_INPUTS
                && spec.w().size() <= MOST_WEIGHTS && volume.places() >= FEWEST_PLACES && spec.x().size() > 0;
        var code = fits ? WeightGradientCode.of(volume) : null;
        return code == null ? null : new WeightGradient(spec, volume, code);
    }

    private void cut() {
        long pixel = volume.xPixel() * volume.stride().get(2) + volume.yPixel();
        long width = volume.y().get(2);
        long columns = Math.ceilDiv(width, Math.max(FEWEST, BLOCK / pixel));
        long rows = columns > 1 ? 1 : Math.max(1, BLOCK / (pixel * width));
        for (long depth = 0; depth < volume.y().get(0); depth++) {
            for (long row = 0; row < volume.y().get(1); row += rows) {
                for (long c = 0; c < columns; c++) {
                    block(depth, row, Math.min(row + rows, volume.y().get(1)), width * c / columns, width * (c + 1) / columns);
                }
            }
        }
    }

    private void block(long depth, long row, long rowEnd, long pixel, long pixelEnd) {
        long x = volume.xAt(depth * volume.stride().get(0) - volume.low().get(0), row * volume.stride().get(1) - volume.low().get(1),
                pixel * volume.stride().get(2) - volume.low().get(2));
        long y = volume.yAt(depth, row, pixel);
        var jobs = new ArrayList<Long>();
        for (long tap = 0; tap < volume.taps().stream().reduce(1L, Math::multiplyExact); tap++) {
            long across = tap % volume.taps().get(2);
            long down = tap / volume.taps().get(2) % volume.taps().get(1);
            long deep = tap / volume.taps().get(2) / volume.taps().get(1);
            long first = volume.first(1, down, row, rowEnd);
            long left = volume.first(2, across, pixel, pixelEnd);
            long height = volume.end(1, down, row, rowEnd) - first;
            long length = volume.end(2, across, pixel, pixelEnd) - left;
            if (height > 0 && length > 0 && volume.end(0, deep, depth, depth + 1) > volume.first(0, deep, depth, depth + 1)) {
                long from = volume.xAt(deep * volume.dilation().get(0), (first - row) * volume.stride().get(1) + down * volume.dilation().get(1),
                        (left - pixel) * volume.stride().get(2) + across * volume.dilation().get(2));
                tap(jobs, tap, from, volume.yAt(0, first - row, left - pixel), length, height);
            }
        }
        if (spec.bias()) {
            bias(jobs, pixelEnd - pixel, rowEnd - row);
        }
        if (jobs.isEmpty()) {
            return;
        }
        var table = tables.computeIfAbsent(jobs, list -> Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, list.stream().mapToLong(n -> n).toArray()));
        blocks.add(new Block(table, jobs.size() / WeightGradientCode.JOB, x, y));
    }

    private void tap(List<Long> jobs, long tap, long x, long y, long pixels, long rows) {
        for (long group = 0; group < volume.groups(); group++) {
            for (int k = 0; k < tiles.size(); k++) {
                var tile = tiles.get(k);
                long output = group * volume.out() + tile.output();
                long sums = 4 * ((tap * volume.in() + tile.input()) * volume.groups() * volume.out() + output);
                jobs.addAll(List.of(x + 4 * (group * volume.in() + tile.input()), y + 4 * output, sums, pixels, rows, (long) code.kind(tile)));
            }
        }
    }

    private void bias(List<Long> jobs, long pixels, long rows) {
        for (var tile : code.biasTiles()) {
            jobs.addAll(List.of(0L, 4 * tile.output(), 4 * (weights + tile.output()), pixels, rows, (long) code.kind(tile)));
        }
    }

    @Override
    public void run(MemorySegment... operands) {
        Volume.check(operands, bytes, "Gradient of a convolution's kernel");
        long together = Math.ceilDiv(PLACES, volume.places());
        long xBytes = bytes[0] / volume.examples();
        long yBytes = bytes[1] / volume.examples();
        sum.fill((byte) 0);
        for (long n = 0; n < volume.examples(); n += together) {
            part.fill((byte) 0);
            for (long at = n; at < Math.min(n + together, volume.examples()); at++) {
                example(operands[0].address() + at * xBytes, operands[1].address() + at * yBytes);
            }
            ADD.run(adding.address(), 1, sum.byteSize() / 4, 0, sum.byteSize() / 4);
        }
        MemorySegment.copy(sum, 0, operands[2], 0, 4 * weights);
        if (spec.bias()) {
            MemorySegment.copy(sum, 4 * weights, operands[3], 0, sum.byteSize() - 4 * weights);
        }
        Reference.reachabilityFence(operands);
        Reference.reachabilityFence(this);
    }

    private void example(long x, long y) {
        for (int b = 0; b < blocks.size(); b++) {
            var block = blocks.get(b);
            code.run(block.jobs.address(), block.count, x + block.x, y + block.y, part.address());
        }
    }

    @Override
    public String implementation() {
        return "machine code";
    }
}
