package io.cyphonic.engine.control.gateway;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * NAT Port Mapping Protocol (RFC 6886).
 *
 * <pre>
 *  version = 0 | opcode | result    epoch    then, for opcode 128: external address (4)
 *                                            for opcode 129: internal port, external port, lifetime
 * </pre>
 */
final class NatPmpProtocol implements MappingProtocol {
    private static final int TRIES = 3;
    private static final int EXTERNAL_ADDRESS = 0;
    private static final int MAP_UDP = 1;
    private static final int RESPONSE = 128;

    private final LongSupplier nanoClock;
    private EpochWatch epoch = new EpochWatch();
    private Inet4Address external;

    /** What an answer says; the fields of the other opcode are 0 or {@code null}. */
    record Answer(
            int result,
            long epochSeconds,
            Inet4Address external,
            int internalPort,
            int externalPort,
            long lifetimeSeconds) {}

    NatPmpProtocol(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    @Override
    public String name() {
        return "NAT-PMP";
    }

    @Override
    public Finding find(GatewayLink link) throws IOException {
        Answer answer = askAddress(link, 2);
        return answer != null && answer.result() == 0
                ? new Finding(true, answer.external())
                : Finding.ABSENT;
    }

    @Override
    public Outcome map(GatewayLink link, int internalPort, int externalPort) throws IOException {
        Answer address = askAddress(link, TRIES);
        if (address == null) {
            return new Outcome.Absent();
        }
        if (address.result() != 0 || address.external().isAnyLocalAddress()) {
            return new Outcome.Refused("result code " + address.result());
        }
        Answer mapped = askMap(link, internalPort, externalPort, LIFETIME_SECONDS, TRIES);
        if (mapped == null) {
            return new Outcome.Absent();
        }
        if (mapped.result() != 0 || mapped.lifetimeSeconds() == 0) {
            return new Outcome.Refused("result code " + mapped.result());
        }
        epoch = new EpochWatch();
        epoch.observe(mapped.epochSeconds(), nanoClock.getAsLong());
        external = address.external();
        return new Outcome.Granted(
                new InetSocketAddress(external, mapped.externalPort()),
                (int) Math.min(mapped.lifetimeSeconds(), Integer.MAX_VALUE));
    }

    @Override
    public Health check(GatewayLink link) throws IOException {
        Answer answer = askAddress(link, TRIES);
        if (answer == null) {
            return Health.SILENT;
        }
        boolean restarted = epoch.observe(answer.epochSeconds(), nanoClock.getAsLong());
        boolean moved = answer.result() == 0 && !answer.external().equals(external);
        return restarted || moved ? Health.LOST : Health.GOOD;
    }

    @Override
    public void unmap(GatewayLink link, int internalPort, int externalPort) throws IOException {
        askMap(link, internalPort, 0, 0, 1);
    }

    private static Answer askAddress(GatewayLink link, int tries) throws IOException {
        return link.ask(
                new byte[] {0, EXTERNAL_ADDRESS},
                PcpProtocol.PORT,
                tries,
                bytes -> read(bytes, EXTERNAL_ADDRESS));
    }

    private static Answer askMap(
            GatewayLink link, int internalPort, int externalPort, int lifetimeSeconds, int tries)
            throws IOException {
        byte[] request =
                ByteBuffer.allocate(12)
                        .putShort((short) MAP_UDP)
                        .putShort((short) 0)
                        .putShort((short) internalPort)
                        .putShort((short) externalPort)
                        .putInt(lifetimeSeconds)
                        .array();
        return link.ask(
                request,
                PcpProtocol.PORT,
                tries,
                bytes -> {
                    Answer answer = read(bytes, MAP_UDP);
                    return answer != null
                                    && (answer.result() != 0
                                            || answer.internalPort() == internalPort)
                            ? answer
                            : null;
                });
    }

    /** Reads an answer; {@code null} if it is none to our question. */
    static Answer read(byte[] bytes, int opcode) {
        if (bytes.length < 8
                || bytes.length > 1100
                || bytes[0] != 0
                || (bytes[1] & 0xFF) != RESPONSE + opcode) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, 2, bytes.length - 2);
        int result = Short.toUnsignedInt(in.getShort());
        long epochSeconds = Integer.toUnsignedLong(in.getInt());
        if (result != 0) {
            return new Answer(result, epochSeconds, null, 0, 0, 0);
        }
        if (opcode == EXTERNAL_ADDRESS) {
            return bytes.length < 12 ? null : new Answer(0, epochSeconds, address(bytes), 0, 0, 0);
        }
        return bytes.length < 16
                ? null
                : new Answer(
                        0,
                        epochSeconds,
                        null,
                        Short.toUnsignedInt(in.getShort()),
                        Short.toUnsignedInt(in.getShort()),
                        Integer.toUnsignedLong(in.getInt()));
    }

    private static Inet4Address address(byte[] bytes) {
        try {
            return (Inet4Address) InetAddress.getByAddress(Arrays.copyOfRange(bytes, 8, 12));
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }
}
