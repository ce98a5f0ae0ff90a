package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The batches of a pipeline: a pass for each epoch.
final class PipelineFeed implements Feed {
    private final Pipeline pipeline;
    private final int outputs;
    private final boolean finite;
    private final int most;
    private final List<Type> types;
    private long epoch;
    private int at;
    private @Nullable Pass pass;
    private @Nullable Item item;

    PipelineFeed(Pipeline pipeline, int outputs, boolean finite) {
        if (!pipeline.batched()) {
            throw new DataException("The elements of " + pipeline + " are single examples.", "Maybe batch(32) them.");
        }
        if (pipeline.endless()) {
            throw new DataException("The pipeline " + pipeline + " has no end, but an epoch does.", "Maybe take(1000) batches of it.");
        }
        this.pipeline = pipeline;
        this.outputs = outputs;
        this.finite = finite;
        var first = at(0);
        if (first == null) {
            throw new DataException("The pipeline " + pipeline + " has no elements.", "Maybe take or skip left none.");
        }
        types = first.parts().stream().map(Tensor::type).toList();
        most = rows(first);
        if (types.size() <= outputs) {
            throw new DataException("The elements of " + pipeline + " have " + types.size() + " parts, but the model has " + outputs
                    + (outputs == 1 ? " output" : " outputs") + " and needs features too.", "Maybe zip(features, labels).");
        }
    }

    /// The element for batch `b` in the form that models take; null at the end.
    private @Nullable Item at(int b) {
        if (pass == null || b < at) {
            stop();
            pass = pipeline.open(new Position(epoch, b, pipeline.toString()));
            at = b;
        }
        while (at < b) {
            if (item == null && pass.hasNext()) {
                pass.next();
            }
            item = null;
            at++;
        }
        if (item == null && pass.hasNext()) {
            item = ready(pass.next());
        }
        return item;
    }

    private Item ready(Item given) {
        int n = given.parts().size();
        return new Item(IntStream.range(0, n).mapToObj(i -> {
            var part = given.parts().get(i);
            if (part.rank() == 0) {
                throw new DataException("A batch of " + pipeline + " has a part that is a single number.", "Maybe batch() comes too early.");
            }
            return switch (part.dtype()) {
                case F32, I64, I32 -> part;
                case U8 -> i < n - outputs ? part : part.cast(DType.I64);
                case BOOL -> part.cast(i < n - outputs ? DType.F32 : DType.I64);
                case F64, F16, BF16 -> part.cast(DType.F32);
            };
        }).toList());
    }

    private static int rows(Item item) {
        return Math.toIntExact(item.x().shape().dim(0));
    }

    @Override
    public Object source() {
        return pipeline;
    }

    @Override
    public String identity() {
        return pipeline.identity();
    }

    @Override
    public int count() {
        return Math.toIntExact(Math.min(Integer.MAX_VALUE, pipeline.size().orElse(0)));
    }

    @Override
    public boolean has(int b) {
        return at(b) != null;
    }

    @Override
    public int rows(int b) {
        return rows(Objects.requireNonNull(at(b)));
    }

    @Override
    public int most() {
        return most;
    }

    @Override
    public List<Type> xTypes(int rows) {
        return Types.sized(types.subList(0, types.size() - outputs), rows);
    }

    @Override
    public List<Type> yTypes(int rows) {
        return Types.sized(types.subList(types.size() - outputs, types.size()), rows);
    }

    /// Of the first batch's number of parts, types of number and ranks; lengths are the batch's own.
    @Override
    public Types types(int b) {
        var own = Objects.requireNonNull(at(b)).parts().stream().map(Tensor::type).toList();
        for (int i = 0; i < Math.max(own.size(), types.size()); i++) {
            if (own.size() != types.size() || own.get(i).dtype() != types.get(i).dtype() || own.get(i).shape().rank() != types.get(i).shape().rank()) {
                throw new DataException("Batch " + b + " of " + pipeline + " has " + own + " where the first has " + types + ".",
                        "Maybe its elements come from different sources: all need the same parts.");
            }
        }
        int inputs = types.size() - outputs;
        return new Types(own.subList(0, inputs), own.subList(inputs, own.size()));
    }

    @Override
    public void start(int epoch) {
        if (epoch != this.epoch || at > 0) {
            stop();
        }
        this.epoch = epoch;
    }

    @Override
    public int fill(int b, List<Buffer> xs, List<Buffer> ys) {
        var from = Objects.requireNonNull(at(b));
        int rows = rows(from);
        int inputs = types.size() - outputs;
        for (int i = 0; i < types.size(); i++) {
            var to = i < inputs ? xs.get(i) : ys.get(i - inputs);
            var part = from.parts().get(i).array().buffer();
            var wanted = to.type().withShape(to.type().shape().with(0, rows));
            if (!part.type().equals(wanted)) {
                throw new DataException("Batch " + b + " of " + pipeline + " has " + part.type() + " where " + wanted + " is wanted.",
                        "Maybe bring images to one size first.");
            }
            if (finite && part.type().dtype() == DType.F32) {
                Finite.check(part, i < inputs ? "features" : "labels", row -> "example " + row + " of batch " + b + " of pass " + epoch);
            }
            MemorySegment.copy(part.memory(), 0, to.memory(), 0, part.type().bytes());
        }
        return rows;
    }

    @Override
    public double waited() {
        return pass == null ? 0 : pass.waited();
    }

    @Override
    public void stop() {
        if (pass != null) {
            pass.close();
        }
        pass = null;
        item = null;
        at = 0;
    }
}
