package io.cyphonic.engine.control.gateway;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Port Control Protocol (RFC 6887): MAP for the mapping, ANNOUNCE to see whether the gateway is
 * still the same.
 *
 * <pre>
 *  version = 2 | R, opcode | reserved | result      nonce (12 bytes)
 *  lifetime                                         protocol = 17 | reserved
 *  client address (16), or epoch and reserved       internal port | external port
 *                                                   external address (16)
 * </pre>
 */
final class PcpProtocol implements MappingProtocol {
    static final int PORT = 5351;

    private static final int TRIES = 3;
    private static final int VERSION = 2;
    private static final int RESPONSE = 0x80;
    private static final int ANNOUNCE = 0;
    private static final int MAP = 1;
    private static final int HEADER_LENGTH = 24;
    private static final int MAP_LENGTH = 60;
    private static final int UDP = 17;
    private static final int UNSUPPORTED_VERSION = 1;
    private static final int UNSUPPORTED_OPCODE = 4;

    private final byte[] nonce = new byte[12];
    private final LongSupplier nanoClock;
    private EpochWatch epoch = new EpochWatch();

    /** What an answer says; the map fields are 0 and {@code null} for ANNOUNCE. */
    record Answer(
            int result,
            long lifetimeSeconds,
            long epochSeconds,
            int internalPort,
            InetSocketAddress external) {}

    PcpProtocol(SecureRandom random, LongSupplier nanoClock) {
        random.nextBytes(nonce);
        this.nanoClock = nanoClock;
    }

    @Override
    public String name() {
        return "PCP";
    }

    @Override
    public Finding find(GatewayLink link) throws IOException {
        Answer answer = announce(link, 2);
        boolean available =
                answer != null
                        && answer.result() != UNSUPPORTED_VERSION
                        && answer.result() != UNSUPPORTED_OPCODE;
        return new Finding(available, null);
    }

    @Override
    public Outcome map(GatewayLink link, int internalPort, int externalPort) throws IOException {
        Answer answer = askMap(link, internalPort, externalPort, LIFETIME_SECONDS, TRIES);
        if (answer == null || answer.result() == UNSUPPORTED_VERSION) {
            return new Outcome.Absent();
        }
        // The mapping is made anew with this answer; what it was before does not matter.
        epoch = new EpochWatch();
        epoch.observe(answer.epochSeconds(), nanoClock.getAsLong());
        return answer.result() != 0 || answer.lifetimeSeconds() == 0
                ? new Outcome.Refused("result code " + answer.result())
                : new Outcome.Granted(answer.external(), (int) answer.lifetimeSeconds());
    }

    @Override
    public Health check(GatewayLink link) throws IOException {
        Answer answer = announce(link, TRIES);
        if (answer == null) {
            return Health.SILENT;
        }
        return epoch.observe(answer.epochSeconds(), nanoClock.getAsLong())
                ? Health.LOST
                : Health.GOOD;
    }

    @Override
    public void unmap(GatewayLink link, int internalPort, int externalPort) throws IOException {
        askMap(link, internalPort, 0, 0, 1);
    }

    private Answer announce(GatewayLink link, int tries) throws IOException {
        return link.ask(
                request(ANNOUNCE, 0, link.route().own(), HEADER_LENGTH).array(),
                PORT,
                tries,
                bytes -> read(bytes, ANNOUNCE));
    }

    private Answer askMap(
            GatewayLink link, int internalPort, int externalPort, int lifetimeSeconds, int tries)
            throws IOException {
        ByteBuffer request = request(MAP, lifetimeSeconds, link.route().own(), MAP_LENGTH);
        request.put(nonce).put((byte) UDP).put(new byte[3]);
        request.putShort((short) internalPort).putShort((short) externalPort);
        putAddress(request, new byte[4]);
        return link.ask(
                request.array(),
                PORT,
                tries,
                bytes -> {
                    Answer answer = read(bytes, MAP);
                    return answer != null
                                    && (answer.result() != 0
                                            || answer.internalPort() == internalPort)
                            ? answer
                            : null;
                });
    }

    private static ByteBuffer request(
            int opcode, int lifetimeSeconds, InetAddress client, int length) {
        ByteBuffer request = ByteBuffer.allocate(length);
        request.put((byte) VERSION).put((byte) opcode).putShort((short) 0).putInt(lifetimeSeconds);
        putAddress(request, client.getAddress());
        return request;
    }

    private static void putAddress(ByteBuffer request, byte[] ipv4) {
        request.putLong(0).putShort((short) 0).putShort((short) 0xFFFF).put(ipv4);
    }

    /** Reads an answer; {@code null} if it is none to our question. */
    Answer read(byte[] bytes, int opcode) {
        if (bytes.length < 4) {
            return null;
        }
        if (bytes[0] == 0 && (bytes[1] & RESPONSE) != 0) {
            // A gateway of NAT-PMP alone; RFC 6887, section 9.
            return new Answer(UNSUPPORTED_VERSION, 0, 0, 0, null);
        }
        int result = bytes[3] & 0xFF;
        if (bytes[0] != VERSION
                || (bytes[1] & 0xFF) != (RESPONSE | opcode)
                || bytes.length < HEADER_LENGTH
                || bytes.length > 1100) {
            return bytes[0] != VERSION && (bytes[1] & RESPONSE) != 0 && result == 1
                    ? new Answer(UNSUPPORTED_VERSION, 0, 0, 0, null)
                    : null;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, 4, bytes.length - 4);
        long lifetime = Integer.toUnsignedLong(in.getInt());
        long epochSeconds = Integer.toUnsignedLong(in.getInt());
        if (opcode == ANNOUNCE || result != 0) {
            return new Answer(result, lifetime, epochSeconds, 0, null);
        }
        if (bytes.length < MAP_LENGTH
                || !Arrays.equals(bytes, 24, 36, nonce, 0, 12)
                || bytes[36] != UDP) {
            return null;
        }
        in.position(40);
        int internalPort = Short.toUnsignedInt(in.getShort());
        int externalPort = Short.toUnsignedInt(in.getShort());
        InetAddress external = address(Arrays.copyOfRange(bytes, 44, 60));
        return external instanceof Inet4Address && externalPort != 0
                ? new Answer(
                        result,
                        Math.min(lifetime, Integer.MAX_VALUE),
                        epochSeconds,
                        internalPort,
                        new InetSocketAddress(external, externalPort))
                : null;
    }

    private static InetAddress address(byte[] bytes) {
        try {
            // Gives an Inet4Address for a mapped one.
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError("sixteen bytes are an address", e);
        }
    }
}
