package io.cyphonic.signaling.admin;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Administration of a running cloud over its socket; one connection per operation. */
public final class AdminClient implements Administration {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final Path socket;

    /** Talks to the cloud that serves this socket. */
    public AdminClient(Path socket) {
        this.socket = socket;
    }

    /** Whether somebody serves the socket now. */
    public boolean isServed() {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isConnected();
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    public String invite(String name, Duration life) throws AdministrationException {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("command", "invite");
        request.put("name", name);
        request.put("seconds", life.toSeconds());
        return text(call(request));
    }

    @Override
    public Inventory devices() throws AdministrationException {
        if (call(Map.of("command", "devices")) instanceof Map<?, ?> json) {
            try {
                return Inventory.fromJson(json);
            } catch (IllegalArgumentException e) {
                throw new AdministrationException("the cloud answered something unexpected", e);
            }
        }
        throw new AdministrationException("the cloud answered something unexpected");
    }

    @Override
    public String revoke(String name) throws AdministrationException {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("command", "revoke");
        request.put("name", name);
        return text(call(request));
    }

    /** Holds nothing between operations. */
    @Override
    public void close() {
        // No connection outlives its operation.
    }

    private Object call(Map<String, Object> request) throws AdministrationException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            Thread watch = Thread.ofVirtual().start(() -> closeAfterDeadline(channel));
            try {
                AdminProtocol.write(channel, request);
                Map<String, Object> response =
                        AdminProtocol.read(channel, AdminProtocol.MAX_RESPONSE_BYTES);
                if (response == null) {
                    throw new IOException("it closed the connection");
                }
                if (Boolean.TRUE.equals(response.get("ok"))) {
                    return response.get("result");
                }
                throw new AdministrationException(String.valueOf(response.get("error")));
            } finally {
                watch.interrupt();
            }
        } catch (IOException e) {
            throw new AdministrationException(
                    "no answer from the running cloud at %s: %s".formatted(socket, e.getMessage()),
                    e);
        }
    }

    private static void closeAfterDeadline(SocketChannel channel) {
        try {
            Thread.sleep(DEADLINE);
            channel.close();
        } catch (InterruptedException _) {
            // The operation ended in time.
        } catch (IOException _) {
            // Closed already.
        }
    }

    private static String text(Object result) throws AdministrationException {
        if (result instanceof String text) {
            return text;
        }
        throw new AdministrationException("the cloud answered something unexpected");
    }
}
