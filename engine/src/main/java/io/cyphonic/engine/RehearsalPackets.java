package io.cyphonic.engine;

import io.cyphonic.signaling.net.VirtioNetHeader;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The packets a host sends in a {@link Rehearsal}, as it would hand them to a TUN device: virtio
 * header first. From one host to one other, in both versions of IP.
 *
 * @param single what comes alone: an echo, an acknowledgement, a short datagram, a checksum that is
 *     complete
 * @param bulk TCP as a transfer has it: super-packets, also ones that end early
 * @param datagrams UDP in one flow: super-packets, if the device takes them, and packets that are
 *     to be joined
 * @param strange what nobody should send
 * @param last is never joined to another, does not go past others as an echo would, and no other is
 *     as long: when it comes, all came
 */
record RehearsalPackets(
        List<byte[]> single,
        List<byte[]> bulk,
        List<byte[]> datagrams,
        List<byte[]> strange,
        byte[] last) {
    static final int MTU = 1400;

    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;

    private static final int ACK = 0x10;
    private static final int ACK_PSH = 0x18;

    private static final int SEGMENTS = 40;
    private static final int HALF = 22;
    private static final int FEW = 3;
    private static final int ECHO = 64;
    private static final int LAST = 66;
    private static final int REST = 100;
    private static final int IN_A_ROW = 6;

    /** Whether the device takes super-packets decides what a host sends. */
    static RehearsalPackets between(
            byte[] sourceIpv4,
            byte[] destinationIpv4,
            byte[] sourceIpv6,
            byte[] destinationIpv6,
            boolean tcpSegmentation,
            boolean udpSegmentation) {
        Pair ipv4 = new Pair(sourceIpv4, destinationIpv4);
        RehearsalPackets packets =
                new RehearsalPackets(
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        ipv4.packet(UDP, LAST, 0, 0, false));
        packets.fill(ipv4, tcpSegmentation, udpSegmentation);
        packets.fill(new Pair(sourceIpv6, destinationIpv6), tcpSegmentation, udpSegmentation);
        return packets;
    }

    private void fill(Pair pair, boolean tcpSegmentation, boolean udpSegmentation) {
        single.add(echo(pair, ECHO));
        single.add(pair.packet(TCP, 0, 0, ACK, true));
        single.add(pair.packet(UDP, ECHO, 0, 0, true));
        single.add(pair.packet(TCP, 0, 0, ACK, false));
        int perSegment = MTU - pair.headers(TCP);
        if (tcpSegmentation) {
            for (int segments : new int[] {SEGMENTS, FEW, FEW, HALF, SEGMENTS, FEW, SEGMENTS}) {
                bulk.add(pair.packet(TCP, segments * perSegment, perSegment, ACK, true));
            }
            bulk.add(pair.packet(TCP, SEGMENTS * perSegment - REST, perSegment, ACK_PSH, true));
            bulk.add(pair.packet(TCP, FEW * perSegment - REST, perSegment, ACK_PSH, true));
        } else {
            bulk.addAll(row(pair.packet(TCP, perSegment, 0, ACK, true)));
        }
        int perDatagram = MTU - pair.headers(UDP);
        if (udpSegmentation) {
            datagrams.add(pair.packet(UDP, FEW * perDatagram, perDatagram, 0, true));
        }
        datagrams.addAll(row(pair.packet(UDP, perDatagram, 0, 0, true)));
        datagrams.add(pair.packet(UDP, REST, 0, 0, true));
        byte[] elsewhere = pair.source().clone();
        elsewhere[0] ^= 1;
        strange.add(new Pair(pair.source(), elsewhere).packet(UDP, ECHO, 0, 0, true));
        strange.add(new byte[VirtioNetHeader.LENGTH + ECHO]);
    }

    private static byte[] echo(Pair pair, int payload) {
        return pair.packet(pair.isIpv4() ? ICMP : ICMPV6, payload, 0, 0, false);
    }

    private static List<byte[]> row(byte[] packet) {
        byte[][] row = new byte[IN_A_ROW][];
        Arrays.fill(row, packet);
        return List.of(row);
    }

    /** From and to. */
    private record Pair(byte[] source, byte[] destination) {
        private static final int IPV4_HEADER = 20;
        private static final int IPV6_HEADER = 40;
        private static final int TCP_HEADER = 32;
        private static final int SHORT_HEADER = 8;
        private static final int TCP_CHECKSUM = 16;
        private static final int UDP_CHECKSUM = 6;
        private static final byte HOP_LIMIT = 64;

        boolean isIpv4() {
            return source.length == Integer.BYTES;
        }

        int headers(int protocol) {
            return (isIpv4() ? IPV4_HEADER : IPV6_HEADER)
                    + (protocol == TCP ? TCP_HEADER : SHORT_HEADER);
        }

        byte[] packet(int protocol, int payload, int segment, int tcpFlags, boolean partial) {
            int headers = headers(protocol);
            ByteBuffer out = ByteBuffer.allocate(VirtioNetHeader.LENGTH + headers + payload);
            int transport = isIpv4() ? IPV4_HEADER : IPV6_HEADER;
            VirtioNetHeader.write(
                    out.array(),
                    0,
                    partial ? VirtioNetHeader.FLAG_NEEDS_CSUM : 0,
                    segment > 0 ? segmentation(protocol) : VirtioNetHeader.GSO_NONE,
                    partial ? headers : 0,
                    segment,
                    partial ? transport : 0,
                    !partial ? 0 : protocol == TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
            out.position(VirtioNetHeader.LENGTH);
            int length = headers - transport + payload;
            if (isIpv4()) {
                out.putShort((short) 0x4500).putShort((short) (IPV4_HEADER + length));
                out.putShort((short) 0).putShort((short) 0x4000);
                out.put(HOP_LIMIT).put((byte) protocol).putShort((short) 0);
            } else {
                out.putInt(0x6000_0000).putShort((short) length);
                out.put((byte) protocol).put(HOP_LIMIT);
            }
            out.put(source).put(destination);
            putTransport(out, protocol, length, tcpFlags);
            return out.array();
        }

        private int segmentation(int protocol) {
            if (protocol == UDP) {
                return VirtioNetHeader.GSO_UDP_L4;
            }
            return isIpv4() ? VirtioNetHeader.GSO_TCPV4 : VirtioNetHeader.GSO_TCPV6;
        }

        private static void putTransport(ByteBuffer out, int protocol, int length, int tcpFlags) {
            switch (protocol) {
                case TCP -> {
                    out.putShort((short) 1).putShort((short) 2).putLong(0);
                    out.put((byte) (TCP_HEADER << 2)).put((byte) tcpFlags).putShort((short) 512);
                }
                case UDP -> out.putShort((short) 1).putShort((short) 2).putShort((short) length);
                default -> out.putLong(0x0800_0000_0001_0001L);
            }
        }
    }
}
