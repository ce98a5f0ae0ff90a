package dev.caviar.engine.grad;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Body;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.TraceException;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.engine.tensor.View;
import dev.caviar.engine.tensor.Vjp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Writes down the ops on watched tensors and walks them backwards for gradients (Griewank & Walther, 2008, chapter 3).
///
/// Each op means what it means to the interpreter below; so do the gradient rules, which is why a tape over a trace gives
/// the gradient inside a compiled step, and a tape over a tape the second derivative. Opened by [Gradient#tape].
///
/// ```java
/// var x = Tensor.scalar(3);
/// Tensor slope = Gradient.tape(tape -> {
///     tape.watch(x);
///     return tape.gradient(x.square(), x);         // 6
/// });
/// ```
public final class Tape implements Interpreter, Array.Watcher {
    private final Interpreter below;
    private final boolean persistent;
    private final Thread thread = Thread.currentThread();
    private final List<Entry> log = new ArrayList<>();
    private final Set<Tensor> tracked = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Tensor> made = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean used;
    private volatile boolean active = true;

    private record Entry(Op op, List<Tensor> in, List<Tensor> out, Origin origin) {}

    Tape(Interpreter below, boolean persistent) {
        this.below = below;
        this.persistent = persistent;
    }

    /// Follows what is done with a tensor from now on. Variables are watched by themselves.
    public void watch(Tensor... tensors) {
        for (var tensor : tensors) {
            if (!tensor.dtype().isFloat()) {
                throw new TraceException("watch(" + tensor.type() + "): only floats have gradients.\nMaybe cast() it first.");
            }
            tracked.add(tensor);
            if (tensor instanceof Array array) {
                array.watch(this);
            }
        }
    }

    /// Runs a part that this tape does not follow; tapes around it do.
    public <T> T paused(Supplier<T> part) {
        return below.scoped(part);
    }

    /// All derivatives of `y` with respect to `x`: the shape of `y`, then that of `x`. Walks once for each element of `y`.
    public Tensor jacobian(Tensor y, Tensor x) {
        int rows = Math.toIntExact(y.shape().size());
        var walks = new ArrayList<List<Tensor>>();
        check(List.of(x));
        for (int i = 0; i < rows; i++) {
            long row = i;
            walks.add(below.scoped(() -> {
                var one = Tensor.of(row).oneHot(rows, y.dtype()).reshape(y.shape());
                return new Walk(List.of(x)).back(List.of(y), List.of(one));
            }));
        }
        if (!persistent) {
            log.clear();
        }
        return below.scoped(() -> Tensor.stack(0, walks.stream().map(List::getFirst).toArray(Tensor[]::new))
                .reshape(new Shape(Stream.concat(y.shape().dims().stream(), x.shape().dims().stream()).toList())));
    }

    /// The gradient of the sum of `y` with respect to `x`, of the shape of `x`; zeros where `y` does not depend on it.
    public Tensor gradient(Tensor y, Tensor x) {
        return gradient(y, List.of(x)).getFirst();
    }

    /// The gradient with respect to a variable's value.
    public Tensor gradient(Tensor y, Variable x) {
        return gradient(y, List.of(below.read(x))).getFirst();
    }

    /// The gradients with respect to several variables, from one walk.
    public List<Tensor> gradients(Tensor y, List<Variable> xs) {
        return gradient(y, xs.stream().map(below::read).toList());
    }

    /// The gradients with respect to several tensors, from one walk. Throws [TraceException] for a second call on a tape
    /// that is not persistent, and for a tensor that was not watched.
    public List<Tensor> gradient(Tensor y, List<? extends Tensor> xs) {
        return gradient(List.of(y), null, xs);
    }

    /// Vector-Jacobian product: the gradients of `Σ yᵢ·seedᵢ`; without seeds all are ones.
    public List<Tensor> gradient(List<Tensor> ys, @Nullable List<Tensor> seeds, List<? extends Tensor> xs) {
        check(xs);
        var result = below.scoped(() -> new Walk(xs).back(ys, seeds));
        if (!persistent) {
            log.clear();
        }
        return result;
    }

    private void check(List<? extends Tensor> xs) {
        if (used && !persistent) {
            throw new TraceException("gradient(): this tape was used already.\nMaybe open it with Gradient.persistent(...), "
                    + "or ask for all gradients at once.");
        }
        used = true;
        if (Thread.currentThread() != thread) {
            throw new TraceException("gradient(): the tape belongs to thread \"" + thread.getName() + "\".");
        }
        for (var x : xs) {
            if (!tracked.contains(x)) {
                throw new TraceException("gradient(): a tensor " + x.type() + " was not watched, so no path to it was recorded.\n"
                        + "Maybe call watch() before using it, or make it a Variable.");
            }
        }
    }

    @Override
    public List<Tensor> apply(Op op, List<Tensor> in) {
        if (in.stream().noneMatch(tracked::contains)) {
            return below.apply(op, in);
        }
        var recording = op.recording();
        var out = below.apply(recording, in);
        keep(recording, in, out);
        return recording == op ? out : out.subList(0, op.infer(in.stream().map(Tensor::type).toList()).size());
    }

    /// Applies `f` so that only what goes in and what comes out is kept for the gradient.
    List<Tensor> recomputed(Function<List<Tensor>, List<Tensor>> f, List<Tensor> in) {
        var segment = new Segment(this, below);
        var results = segment.scoped(() -> f.apply(in));
        segment.whole(results, made::contains).forEach(this::keep);
        return results;
    }

    /// The same in pieces of its ops.
    List<Tensor> recomputedInPieces(Function<List<Tensor>, List<Tensor>> f, List<Tensor> in) {
        var segment = new Segment(this, below);
        var results = segment.scoped(() -> f.apply(in));
        segment.pieces(results, made::contains).forEach(this::keep);
        return results;
    }

    private void keep(Segment.Replayed piece) {
        if (piece.in().stream().anyMatch(tracked::contains)) {
            keep(piece.op(), piece.in(), piece.out());
        }
    }

    /// Applies a function with a gradient rule of its own, here and on the tapes below.
    List<Tensor> custom(Custom rule, List<Tensor> in) {
        var out = below.scoped(() -> rule.call(in).stream()
                // An op of its own for what was there before, which has a gradient already.
                .map(y -> made.contains(y) || tracked.contains(y) ? new View.Reshape(y.shape()).on(y) : y).toList());
        if (in.stream().anyMatch(tracked::contains)) {
            keep(rule, in, out);
        }
        return out;
    }

    private void keep(Op op, List<Tensor> in, List<Tensor> out) {
        if (!made.add(out.getFirst())) {
            return;     // a trace writes an op on the same inputs once: its gradient counts once too
        }
        log.add(new Entry(op, in, out, Origin.current()));
        for (var tensor : out) {
            if (tensor.dtype().isFloat()) {
                tracked.add(tensor);
                if (tensor instanceof Array array) {
                    array.watch(this);
                }
            }
        }
    }

    @Override
    public Tensor read(Variable variable) {
        var value = below.read(variable);
        if (value.dtype().isFloat()) {
            watch(value);
        }
        return value;
    }

    @Override
    public void assign(Variable variable, Tensor value) {
        below.assign(variable, value);
    }

    @Override
    public boolean active() {
        return active;
    }

    @Override
    public Thread thread() {
        return thread;
    }

    void close() {
        active = false;
    }

    /// One walk back over the log.
    private final class Walk {
        private final List<? extends Tensor> sources;
        private final Set<Tensor> relevant = Collections.newSetFromMap(new IdentityHashMap<>());
        private final Map<Tensor, Tensor> gradients = new IdentityHashMap<>();

        Walk(List<? extends Tensor> sources) {
            this.sources = sources;
            relevant.addAll(sources);
            for (var entry : log) {
                if (entry.in.stream().anyMatch(relevant::contains)) {
                    relevant.addAll(entry.out);
                }
            }
        }

        List<Tensor> back(List<Tensor> ys, @Nullable List<Tensor> seeds) {
            for (int i = 0; i < ys.size(); i++) {
                var y = ys.get(i);
                flow(y, seeds == null ? Tensor.full(1, y.type()) : seeds.get(i));
            }
            for (int i = log.size() - 1; i >= 0; i--) {
                var entry = log.get(i);
                if (entry.out.stream().anyMatch(gradients::containsKey) && entry.out.stream().anyMatch(relevant::contains)) {
                    visit(entry);
                }
            }
            var out = new ArrayList<Tensor>();
            for (var x : sources) {
                var gradient = gradients.get(x);
                out.add(gradient == null ? Tensor.full(0, x.type()) : gradient);
            }
            return List.copyOf(out);
        }

        private void visit(Entry entry) {
            var rule = new Rule(entry);
            entry.origin.gradient().scoped(() -> {
                var in = entry.op.vjp(rule);
                for (int k = 0; k < in.size(); k++) {
                    var gradient = in.get(k);
                    if (gradient != null && rule.needed(k)) {
                        flow(entry.in.get(k), gradient);
                    }
                }
                return entry;
            });
        }

        private void flow(Tensor into, Tensor gradient) {
            gradients.merge(into, gradient, Tensor::add);
        }

        private final class Rule implements Vjp {
            private final Entry entry;

            Rule(Entry entry) {
                this.entry = entry;
            }

            @Override
            public List<Tensor> in() {
                return entry.in;
            }

            @Override
            public List<Tensor> out() {
                return entry.out;
            }

            @Override
            public Tensor grad(int i) {
                var gradient = gradients.get(entry.out.get(i));
                return gradient == null ? Tensor.full(0, entry.out.get(i).type()) : gradient;
            }

            @Override
            public boolean flows(int i) {
                return gradients.containsKey(entry.out.get(i));
            }

            @Override
            public boolean needed(int i) {
                return relevant.contains(entry.in.get(i));
            }

            @Override
            public Body pullback(Body body) {
                return new Pullback(body, entry.in.size());
            }
        }
    }
}
