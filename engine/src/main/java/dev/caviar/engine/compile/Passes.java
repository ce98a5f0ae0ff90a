package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Terms.Kind;
import dev.caviar.engine.compile.Terms.Prim;
import dev.caviar.engine.compile.Terms.Term;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.memory.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/// Where each term of a nest is computed: once for the call, once for each row (or block of columns), or in one of the passes
/// over it, of which each ends with what the next one needs.
///
/// A pass computes again what an earlier one computed, unless that was stored and is dear. A store over a source waits for the last pass
/// that reads it.
final class Passes {
    enum Level { ONCE, OUTER, INNER }

    /// Terms from which on it is cheaper to read a stored value again than to compute it.
    private static final int DEAR = 4;

    /// One walk along the axis: terms in order, reductions that it feeds, stores that it makes. A term that was stored before is
    /// read from store `reload[term]`; −1 where it is computed.
    record Pass(List<Integer> terms, List<Integer> reductions, List<Integer> stores, int[] reload) {}

    private final Nest nest;
    private final Terms terms;
    private final List<Pass> passes = new ArrayList<>();
    private final List<List<Integer>> outer = new ArrayList<>();
    private final List<Integer> once = new ArrayList<>();
    private final List<Integer> outerStores = new ArrayList<>();
    private final boolean[] alive;
    private final int[] storePass;

    Passes(Nest nest, Terms terms) {
        this.nest = nest;
        this.terms = terms;
        this.alive = new boolean[terms.list().size()];
        this.storePass = new int[nest.stores().size()];
        live();
        int count = stores();
        for (int p = 0; p < count; p++) {
            passes.add(pass(p));
        }
        spread();
    }

    List<Pass> passes() {
        return passes;
    }

    /// Terms of a row (or block of columns) that stand before pass `p`; after the last pass for `p = passes().size()`.
    List<Integer> outer(int p) {
        return outer.get(p);
    }

    List<Integer> once() {
        return once;
    }

    /// Stores of what is computed once for each row or block.
    List<Integer> outerStores() {
        return outerStores;
    }

    Level level(Mode mode) {
        if (mode == Mode.SCALAR) {
            return Level.ONCE;
        }
        boolean out = switch (nest.axis()) {
            case FLAT -> false;
            case ROWS -> mode == Mode.COLUMN;
            case COLUMNS -> mode == Mode.ROW;
        };
        return out ? Level.OUTER : Level.INNER;
    }

    boolean alive(int term) {
        return alive[term];
    }

    private Level level(int term) {
        return level(terms.get(term).mode());
    }

    private void live() {
        for (int s = 0; s < storePass.length; s++) {
            alive[terms.stored(s)] = true;
        }
        for (int t = alive.length - 1; t >= 0; t--) {
            if (alive[t]) {
                terms.get(t).args().forEach(a -> alive[a] = true);
            }
        }
    }

    /// Gives each store its pass and tells how many passes there are.
    private int stores() {
        int count = 0;
        for (int t = 0; t < alive.length; t++) {
            if (alive[t] && reduction(terms.get(t))) {
                count = Math.max(count, terms.get(t).phase());
            }
        }
        for (int s = 0; s < storePass.length; s++) {
            if (level(nest.stores().get(s).mode()) == Level.INNER) {
                storePass[s] = terms.get(terms.stored(s)).phase();
                count = Math.max(count, storePass[s] + 1);
            } else {
                outerStores.add(s);
            }
        }
        for (boolean moved = true; moved;) {
            moved = false;
            for (int p = 0; p < count; p++) {
                for (int t : pass(p).terms()) {
                    moved |= delay(t, p);
                }
            }
        }
        return count;
    }

    private boolean delay(int term, int pass) {
        boolean moved = false;
        for (int s = 0; s < storePass.length && terms.get(term).prim() == Prim.LOAD; s++) {
            if (nest.stores().get(s).over() == terms.get(term).bits() && storePass[s] < pass
                    && level(nest.stores().get(s).mode()) == Level.INNER) {
                storePass[s] = pass;
                moved = true;
            }
        }
        return moved;
    }

    static boolean reduction(Term term) {
        return term.prim() == Prim.REDUCE || term.prim() == Prim.ARG;
    }

    private Pass pass(int p) {
        var reductions = new ArrayList<Integer>();
        var stores = new ArrayList<Integer>();
        var roots = new TreeSet<Integer>();
        for (int t = 0; t < alive.length; t++) {
            if (alive[t] && reduction(terms.get(t)) && terms.get(t).phase() == p + 1) {
                reductions.add(t);
                roots.add(terms.get(t).arg(0));
            }
        }
        for (int s = 0; s < storePass.length; s++) {
            if (storePass[s] == p && level(nest.stores().get(s).mode()) == Level.INNER) {
                stores.add(s);
                roots.add(terms.stored(s));
            }
        }
        var reload = new int[alive.length];
        Arrays.fill(reload, -1);
        var needed = new ArrayList<Integer>();
        var seen = new boolean[alive.length];
        while (!roots.isEmpty()) {
            int t = roots.pollLast();
            if (level(t) == Level.INNER && !seen[t]) {
                seen[t] = true;
                needed.add(t);
                reload[t] = stored(t, p);
                if (reload[t] < 0) {
                    roots.addAll(terms.get(t).args());
                }
            }
        }
        needed.sort(null);
        return new Pass(needed, reductions, stores, reload);
    }

    /// The store of an earlier pass that keeps a dear term exactly, or −1.
    private int stored(int term, int pass) {
        for (int s = 0; s < storePass.length; s++) {
            var store = nest.stores().get(s);
            if (storePass[s] < pass && store.mode() == terms.get(term).mode() && terms.stored(s) == term
                    && level(store.mode()) == Level.INNER && exact(nest.dtype(store.value())) && weight(term) >= DEAR) {
                return s;
            }
        }
        return -1;
    }

    private static boolean exact(DType dtype) {
        return dtype == DType.F32 || dtype == DType.I32 || dtype == DType.F64 || dtype == DType.I64;
    }

    private int weight(int term) {
        var seen = new boolean[alive.length];
        seen[term] = true;
        int weight = 0;
        for (int t = term; t >= 0; t--) {
            if (seen[t] && level(t) == Level.INNER) {
                weight++;
                terms.get(t).args().forEach(a -> seen[a] = true);
            }
        }
        return weight;
    }

    private void spread() {
        for (int p = 0; p <= passes.size(); p++) {
            outer.add(new ArrayList<>());
        }
        for (int t = 0; t < alive.length; t++) {
            if (alive[t] && level(t) == Level.ONCE) {
                once.add(t);
            } else if (alive[t] && level(t) == Level.OUTER && !reduction(terms.get(t))) {
                outer.get(terms.get(t).phase()).add(t);
            }
        }
    }

    /// How many operations on vectors the passes make for each vector: what the compiler's patience is measured in.
    int weight() {
        int weight = 0;
        for (var pass : passes) {
            weight += 2 * pass.reductions().size() + 2 * pass.stores().size();
            for (int t : pass.terms()) {
                weight += terms.get(t).wide() && terms.get(t).kind() != Kind.D ? 1 : 0;
            }
        }
        return weight;
    }
}
