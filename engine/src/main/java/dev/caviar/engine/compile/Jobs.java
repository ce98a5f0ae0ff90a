package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.X86.RAX;
import static dev.caviar.engine.compile.X86.RDI;
import static dev.caviar.engine.compile.X86.RSI;

import dev.caviar.engine.compile.X86.Label;
import dev.caviar.engine.compile.X86.Memory;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Machine code that works off RSI jobs at RDI, each of as many longs, the last of which says what kind it is.
final class Jobs {
    private Jobs() {}

    /// `begin` reads the other numbers of a job, and `work` writes the code of each kind; both may change the `saved` registers.
    static <K> byte[] emit(int[] saved, int numbers, List<K> kinds, Consumer<X86> begin, BiConsumer<X86, K> work) {
        var out = new X86();
        for (int register : saved) {
            out.push(register);
        }
        var top = new Label();
        var next = new Label();
        var starts = Stream.generate(Label::new).limit(kinds.size()).toList();
        out.bind(top);
        begin.accept(out);
        out.load(RAX, Memory.of(RDI, 8 * (numbers - 1)));
        for (int k = 0; k < kinds.size(); k++) {
            out.compare(RAX, k);
            out.jumpIfZero(starts.get(k));
        }
        for (int k = 0; k < kinds.size(); k++) {
            out.align(16);
            out.bind(starts.get(k));
            work.accept(out, kinds.get(k));
            out.jump(next);
        }
        out.bind(next);
        out.add(RDI, 8L * numbers);
        out.add(RSI, -1L);
        out.compare(RSI, 0);
        out.jumpIfMore(top);
        out.zeroUpper();
        for (int k = saved.length - 1; k >= 0; k--) {
            out.pop(saved[k]);
        }
        out.ret();
        return out.finish();
    }

    /// Puts `base` and a number of the job into a register.
    static void place(X86 out, int register, int number, int base) {
        out.load(register, Memory.of(RDI, 8 * number));
        out.add(register, base);
    }
}
