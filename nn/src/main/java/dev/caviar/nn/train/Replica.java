package dev.caviar.nn.train;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Args;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.Standardize;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Vjp;
import dev.caviar.engine.memory.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The rows `start` to `start + rows` of a batch of `whole`, and how the ops of a step are meant for them: random ops draw for the whole
/// batch and keep these rows, and where norms are synced, statistics over the batch are those of all replicas.
record Replica(int start, int rows, int whole, boolean synced) {
    /// The part of the batch.
    double share() {
        return (double) rows / whole;
    }

    /// The mean over the whole batch as far as these rows make it.
    Tensor mean(Tensor losses) {
        return losses.sum().div((double) losses.shape().size() / rows * whole);
    }

    /// [Head#lengths] of the whole batch.
    Tensor lengths(Tensor mask) {
        return new AllReduce().on(mask.sum()).max(1).div(whole);
    }

    /// Applies the model's layers as they are meant here.
    <T> T layers(Supplier<T> body) {
        var below = Interpreter.current();
        Interpreter here = (op, in) -> meant(below, op, in);
        return here.scoped(body);
    }

    /// Makes all replicas exchange their sums in one order: each waits for the one before it, in the passes forward and back.
    static <T> T inOrder(Supplier<T> body) {
        var below = Interpreter.current();
        var last = new ArrayList<Tensor>();
        Interpreter ordered = (op, in) -> {
            if (!(op instanceof AllReduce)) {
                return below.apply(op, in);
            }
            var all = new ArrayList<>(in);
            all.addAll(last);
            var out = below.apply(op, all);
            last.clear();
            last.add(out.getFirst());
            return out;
        };
        return ordered.scoped(body);
    }


    private List<Tensor> meant(Interpreter below, Op op, List<Tensor> in) {
        return switch (op) {
            case Random.Draw draw when batched(draw.type()) -> mine(below,
                    new Random.Draw(draw.distribution(), draw.type().withShape(draw.type().shape().with(0, whole))), in);
            case Random.Coin coin when batched(new Type(DType.BOOL, coin.shape())) -> mine(below, new Random.Coin(coin.shape().with(0, whole)), in);
            case Call call when synced && call.body() instanceof Standardize(var over) && over.contains(0) ->
                    below.scoped(() -> standardized(in.get(0), in.get(1), over.stream().mapToInt(axis -> axis).toArray()));
            default -> below.apply(op, in);
        };
    }

    private boolean batched(Type type) {
        return rows < whole && type.shape().rank() > 0 && type.shape().dim(0) == rows;
    }

    private List<Tensor> mine(Interpreter below, Op drawn, List<Tensor> in) {
        return below.scoped(() -> List.of(drawn.apply(in).getFirst().slice(0, start, start + rows)));
    }

    /// The same as [Standardize], by sums over all replicas.
    private List<Tensor> standardized(Tensor x, Tensor epsilon, int[] axes) {
        var few = x.sum(axes).shape();
        double n = (double) x.shape().size() / few.size() / rows * whole;
        var wide = x.shape();
        for (int axis : axes) {
            wide = wide.with(axis, 1);
        }
        var mean = new AllReduce().on(x.sum(axes)).div(n);
        var centred = x.sub(mean.reshape(wide));
        var variance = new AllReduce().on(centred.square().sum(axes)).div(n);
        return List.of(centred.mul(variance.add(epsilon).rsqrt().reshape(wide)), mean, variance);
    }

    /// The sum of what all replicas give; further inputs are only waited for. What one replica's result leads to is the cost of all, so
    /// its gradient is the sum of all gradients.
    record AllReduce() implements CustomOp {
        @Override
        public String label() {
            return "all_reduce";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            return List.of(in.getFirst());
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Vjp.one(new AllReduce().on(v.grad()));
        }

        @Override
        public void run(Args a) {
            Crew.reduce(a.in(0), a.out(0));
        }

        @Override
        public List<Sample> samples() {
            return List.of(Sample.of(Type.of(DType.F32, 3)));
        }
    }
}
