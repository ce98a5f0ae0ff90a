package dev.caviar.tune.storage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// A line to a server on this machine that can be cut.
final class Wire implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final int to;
    private final List<Socket> sockets = new ArrayList<>();
    private final AtomicInteger cuts = new AtomicInteger();
    private int answersLeft = Integer.MAX_VALUE;

    Wire(int to) throws IOException {
        this.to = to;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    int cuts() {
        return cuts.get();
    }

    /// Cuts all connections instead of passing on the answer after so many further ones.
    synchronized void cutAfter(int answers) {
        answersLeft = answers;
    }

    private synchronized boolean passes() {
        if (answersLeft == Integer.MAX_VALUE || answersLeft-- > 0) return true;
        answersLeft = Integer.MAX_VALUE;
        cuts.incrementAndGet();
        for (var socket : sockets) close(socket);
        sockets.clear();
        return false;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var client = listener.accept();
                var server = new Socket(InetAddress.getLoopbackAddress(), to);
                synchronized (this) {
                    sockets.add(client);
                    sockets.add(server);
                }
                Thread.ofVirtual().start(() -> copy(client, server, false));
                Thread.ofVirtual().start(() -> copy(server, client, true));
            } catch (IOException e) {
                // closed, or nobody is there
            }
        }
    }

    private void copy(Socket from, Socket to, boolean answers) {
        var bytes = new byte[65536];
        try {
            for (var count = from.getInputStream().read(bytes); count >= 0; count = from.getInputStream().read(bytes)) {
                if (answers && !passes()) return;
                to.getOutputStream().write(bytes, 0, count);
                to.getOutputStream().flush();
            }
        } catch (IOException e) {
            // cut
        }
        close(from);
        close(to);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is as good as closed
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        synchronized (this) {
            for (var socket : sockets) close(socket);
        }
    }
}
