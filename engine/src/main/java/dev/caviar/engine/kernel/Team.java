package dev.caviar.engine.kernel;
import java.util.function.IntConsumer;
public final class Team implements AutoCloseable {
    private final int n;
    private Team(int n) { this.n = n; }
    public static Team of(int n) { return new Team(n); }
    public int size() { return n; }
    public void run(IntConsumer part) { for (int i = 0; i < n; i++) part.accept(i); }
    @Override public void close() {}
}
