package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Loop;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;

/// A loop: its body is compiled once, as a program of its own, and run for every step.
///
/// The program works on fixed buffers of one step, into which slices are copied and from which results are; carries that it
/// can make in place stay where they are. So compile time and memory do not grow with the number of steps.
final class LoopStep implements Step {
    private final Loop loop;
    private final List<Slot> in;
    private final List<Slot> out;
    private final PlannedProgram program;
    private final List<Buffer> given = new ArrayList<>();
    private final List<Buffer> made = new ArrayList<>();
    private final List<Buffer> inputs;
    private final MemorySegment[] from;
    private final MemorySegment[] to;

    LoopStep(Unit.Single unit, Values values, Options options) {
        loop = (Loop) unit.node.op();
        in = unit.node.in().stream().map(values::slot).toList();
        out = values.slots(unit.node);
        var types = loop.step(unit.node.in().stream().map(Tensor::type).toList());
        var graph = Trace.of(loop.body()::apply, types);
        var inPlace = new LinkedHashMap<Integer, Integer>();
        for (int i = 0; i < loop.carries(); i++) {
            // A carry that is only handed on must not be written over by another.
            if (Values.root(graph.outputs().get(i)) instanceof Sym sym && sym.node() != null) {
                inPlace.put(i, i);
            }
        }
        program = Compiler.part(graph.withDonated(inPlace), options);
        for (int i = 0; i < loop.carries() + loop.scanned(); i++) {
            given.add(Buffer.allocate(types.get(i)));
        }
        for (int i = 0; i < graph.outputs().size(); i++) {
            made.add(inPlace.containsKey(i) ? given.get(i) : Buffer.allocate(graph.outputs().get(i).type()));
        }
        inputs = new ArrayList<>(given);
        types.subList(given.size(), types.size()).forEach(type -> inputs.add(Buffer.allocate(Type.of(type.dtype()))));
        from = new MemorySegment[in.size()];
        to = new MemorySegment[out.size()];
    }

    @Override
    public void bind(Function<Slot, Buffer> memory) {
        for (int i = 0; i < from.length; i++) {
            var buffer = memory.apply(in.get(i));
            from[i] = buffer.memory();
            if (i >= given.size()) {
                inputs.set(i, buffer.as(program.graph().inputs().get(i).type()));
            }
        }
        for (int i = 0; i < to.length; i++) {
            to[i] = memory.apply(out.get(i)).memory();
        }
    }

    @Override
    public void run(Team team) {
        int carries = loop.carries();
        for (int i = 0; i < carries; i++) {
            MemorySegment.copy(from[i], 0, given.get(i).memory(), 0, given.get(i).type().bytes());
        }
        for (long n = 0; n < loop.steps(); n++) {
            long t = loop.reverse() ? loop.steps() - 1 - n : n;
            for (int i = made.size(); i < to.length; i++) {
                put(given.get(i - made.size()), to[i], t);
            }
            for (int i = carries; i < given.size(); i++) {
                long bytes = given.get(i).type().bytes();
                MemorySegment.copy(from[i], t * bytes, given.get(i).memory(), 0, bytes);
            }
            program.run(inputs, made, team);
            for (int i = carries; i < made.size(); i++) {
                put(made.get(i), to[i], t);
            }
            for (int i = 0; i < carries; i++) {
                if (made.get(i) != given.get(i)) {
                    given.get(i).copyFrom(made.get(i));
                }
            }
        }
        for (int i = 0; i < carries; i++) {
            MemorySegment.copy(given.get(i).memory(), 0, to[i], 0, given.get(i).type().bytes());
        }
    }

    private static void put(Buffer value, MemorySegment stack, long t) {
        long bytes = value.type().bytes();
        MemorySegment.copy(value.memory(), 0, stack, t * bytes, bytes);
    }

    @Override
    public String what() {
        return loop.label() + " ×" + loop.steps();
    }

    @Override
    public String how() {
        return program.plan().steps().size() + " steps each";
    }

    @Override
    public Slot shown() {
        return out.getFirst();
    }
}
