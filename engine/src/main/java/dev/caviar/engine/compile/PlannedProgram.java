package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Steps over one arena. Inputs and outputs are bound to the caller's buffers; bringing the same ones again costs nothing.
final class PlannedProgram implements Program {
    private final Blueprint blueprint;
    private final String name;
    private final Graph graph;
    private final List<Step> steps;
    private final Layout layout;
    /// Taken at the first run: a program that is only looked at holds no memory.
    private Buffer arena = new Buffer(MemorySegment.NULL, Type.of(DType.U8, 0));
    private final Team team;
    private final MemorySegment[] in;
    private final MemorySegment[] out;
    private final Buffer[] inputs;
    private final Buffer[] outputs;
    private volatile @Nullable Profile profile;
    private @Nullable Recorder recorder;
    private final Runnable ending = this::copyOut;
    private boolean running;
    private boolean closed;

    PlannedProgram(Blueprint blueprint, String name, Team team) {
        this.blueprint = blueprint;
        this.name = name;
        this.graph = blueprint.graph();
        this.steps = blueprint.steps();
        this.layout = blueprint.layout();
        this.team = team;
        this.in = new MemorySegment[graph.inputs().size()];
        this.out = new MemorySegment[graph.outputs().size()];
        this.inputs = new Buffer[in.length];
        this.outputs = new Buffer[out.length];
    }

    private void takeMemory() {
        try {
            arena = Buffer.allocate(Type.of(DType.U8, layout.bytes()));
        } catch (OutOfMemoryError e) {
            throw MemoryException.of(name, plan(), e);
        }
    }

    @Override
    public void run(List<Buffer> in, List<Buffer> out) {
        run(in, out, team);
    }

    /// Runs on the threads of another program, of which this one is a part.
    void run(List<Buffer> in, List<Buffer> out, Team team) {
        synchronized (this) {
            if (running || closed) {
                throw new IllegalStateException(closed ? "run: this program is closed.\nMaybe what holds it, such as a stepper or a predictor, is used behind its try block."
                        : "run: this program runs on another thread.\nMaybe compile one for each thread.");
            }
            running = true;
        }
        try {
            if (changed("input", in, this.in) | changed("output", out, this.out)) {
                bind(in, out);
            }
            var watching = team == this.team ? recorder() : null;
            if (watching != null) {
                watching.run(steps, team, ending);
                return;
            }
            for (int i = 0; i < steps.size(); i++) {
                steps.get(i).run(team);
            }
            copyOut();
        } finally {
            synchronized (this) {
                running = false;
            }
        }
    }

    private void copyOut() {
        var copies = layout.copies();
        for (int i = 0; i < copies.size(); i++) {
            var copy = copies.get(i);
            if (copy.staged() >= 0) {
                MemorySegment.copy(memory(copy.from()).memory(), 0, arena.memory(), copy.staged(), copy.from().type.bytes());
            }
        }
        for (int i = 0; i < copies.size(); i++) {
            var copy = copies.get(i);
            boolean staged = copy.staged() >= 0;
            MemorySegment.copy(staged ? arena.memory() : memory(copy.from()).memory(), staged ? copy.staged() : 0, out[copy.output()], 0,
                    copy.from().type.bytes());
        }
    }

    /// Whether some are others than last time. The steps keep bare addresses, which say nothing of memory that was given back since.
    private static boolean changed(String kind, List<Buffer> now, MemorySegment[] bound) {
        if (now.size() != bound.length) {
            throw new IllegalArgumentException("run: " + now.size() + " buffers for " + bound.length + ".");
        }
        boolean changed = false;
        for (int i = 0; i < bound.length; i++) {
            var memory = now.get(i).memory();
            if (!memory.scope().isAlive()) {
                throw new IllegalStateException("run: the memory of " + kind + " " + i + ", " + now.get(i).type()
                        + ", was given back.\nMaybe close its arena after the program's last run.");
            }
            changed |= memory != bound[i];
        }
        return changed;
    }

    private void bind(List<Buffer> in, List<Buffer> out) {
        if (arena.memory().address() == 0) {
            takeMemory();
        }
        for (int i = 0; i < inputs.length; i++) {
            check("input", i, graph.inputs().get(i).type(), in.get(i).type());
            inputs[i] = in.get(i);
            this.in[i] = in.get(i).memory();
        }
        for (int i = 0; i < outputs.length; i++) {
            check("output", i, graph.outputs().get(i).type(), out.get(i).type());
            outputs[i] = out.get(i);
            this.out[i] = out.get(i).memory();
        }
        steps.forEach(step -> step.bind(this::memory));
    }

    private static void check(String kind, int i, Type wanted, Type given) {
        if (!wanted.equals(given)) {
            throw new IllegalArgumentException("run: " + kind + " " + i + " is " + wanted + ", but the buffer is " + given + ".");
        }
    }

    private Buffer memory(Slot slot) {
        if (slot.constant != null) {
            return slot.constant.buffer();
        }
        if (slot.input >= 0) {
            return inputs[slot.input];
        }
        if (slot.output >= 0) {
            return outputs[slot.output].as(slot.type);
        }
        return new Buffer(arena.memory().asSlice(slot.offset, Math.max(slot.type.bytes(), 1)), slot.type);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public Plan plan() {
        return blueprint.plan(steps);
    }

    @Override
    public Profile profile() {
        var started = Profile.of(this);
        profile = started;
        return started;
    }

    /// Who watches this run; null where nobody does, which costs two reads. A part of another program is not watched: the whole is.
    private @Nullable Recorder recorder() {
        var session = profile != null && profile.running() ? profile : Profile.everywhere();
        if (session == null && !Flight.on()) {
            return null;
        }
        if (recorder == null || recorder.session() != session) {
            recorder = new Recorder(name, plan(), team.size(), session);
            if (session != null) {
                session.add(recorder);
            }
        }
        return recorder;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            team.close();
        }
    }
}
