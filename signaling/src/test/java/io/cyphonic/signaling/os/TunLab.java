package io.cyphonic.signaling.os;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.net.ReceivedDatagrams;
import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.VirtioNetHeader;
import io.cyphonic.signaling.protocol.CapsuleHeader;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A program that the netns tests start inside a private network namespace. It says READY when its
 * interfaces are set up, and ends when its standard input does.
 */
final class TunLab {
    private static final int QUEUED = 300;

    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_STSO = 0x1f;
    private static final int ETHTOOL_SGRO = 0x2c;

    /** Of the joining lab: kinds told apart, kinds alike, and the end. */
    private static final int PHASES = 3;

    // Where its datagrams say what they are.
    private static final int PHASE_AT = 20;
    private static final int KIND_AT = 21;

    private TunLab() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "hold" -> hold(arguments[1]);
            case "relay" -> relay(arguments[1], arguments[2]);
            case "queues" -> queues(Boolean.parseBoolean(arguments[1]));
            case "full" -> full(arguments[1]);
            case "oversize" -> oversize(arguments[1]);
            case "join" -> join(arguments[1]);
            case "alternate" -> alternate(arguments[1], Integer.parseInt(arguments[2]));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.exit(0);
    }

    /** One interface with addresses, up. */
    private static void hold(String name) throws Exception {
        try (LinuxTunDevice _ = LinuxTunDevice.open(new TunOptions(name, 1390, true, true, true));
                NetlinkInterface netlink = NetlinkInterface.open(name)) {
            netlink.disableLinkLocalAddress();
            netlink.addAddress(InetAddress.getByName("10.121.0.5"), 16);
            netlink.addAddress(InetAddress.getByName("fd00:1::5"), 64);
            netlink.addAddress(InetAddress.getByName("fd00:1::5"), 64);
            netlink.setGsoMaxSize(60_000);
            netlink.setUp();
            netlink.addRoute(InetAddress.getByName("10.122.0.0"), 16);
            netlink.addRoute(InetAddress.getByName("fd00:2::"), 64);
            say("READY");
            while (System.in.read() >= 0) {
                // Wait for the end of input.
            }
        }
    }

    /** Two interfaces joined by a cable; tells how many super-packets went through it. */
    private static void relay(String left, String right) throws Exception {
        AtomicBoolean stopped = new AtomicBoolean();
        try (LinuxTunDevice leftTun = LinuxTunDevice.open(queued(left));
                LinuxTunDevice rightTun = LinuxTunDevice.open(queued(right));
                LinuxReadiness leftReady = LinuxReadiness.forTun(leftTun);
                LinuxReadiness rightReady = LinuxReadiness.forTun(rightTun)) {
            Cable there = new Cable(leftTun, rightTun, leftReady, stopped);
            Cable back = new Cable(rightTun, leftTun, rightReady, stopped);
            Thread thereThread = Thread.ofPlatform().start(there);
            Thread backThread = Thread.ofPlatform().start(back);
            say("READY");
            BufferedReader input =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            while (input.readLine() != null) {
                // Wait for the end of input.
            }
            stopped.set(true);
            leftReady.wake();
            rightReady.wake();
            thereThread.join();
            backThread.join();
            say("SUPER " + there.superPackets + " LARGEST " + there.largest);
        }
    }

    /** Bulk waits in the device and a ping comes after it; tells where the ping was read. */
    private static void queues(boolean flowQueues) throws Exception {
        String name = "cyqueues0";
        try (LinuxTunDevice tun =
                        LinuxTunDevice.open(new TunOptions(name, 1400, false, false, flowQueues));
                NetlinkInterface netlink = NetlinkInterface.open(name);
                DatagramSocket socket = new DatagramSocket()) {
            netlink.disableLinkLocalAddress();
            netlink.addAddress(InetAddress.getByName("10.121.0.5"), 16);
            netlink.setUp();
            InetAddress peer = InetAddress.getByName("10.121.0.9");
            byte[] payload = new byte[1000];
            MemorySegment memory = OffHeap.zeros(VirtioNetHeader.LENGTH + 65_535);
            int next = 0;
            for (int i = 0; i < QUEUED; i++) {
                ByteBuffer.wrap(payload).putInt(0, i);
                socket.send(new DatagramPacket(payload, payload.length, peer, 9));
            }
            // So that the turn of the bulk has begun.
            while (next < 10) {
                readOne(tun, memory);
                next++;
            }
            new ProcessBuilder("ping", "-c", "1", "-W", "1", peer.getHostAddress())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            int ping = -1;
            for (int at = next, length; (length = readOne(tun, memory)) > 0; at++) {
                ByteBuffer packet = ByteBuffer.wrap(OffHeap.bytes(memory, length));
                if (packet.get(VirtioNetHeader.LENGTH + 9) == 1) {
                    ping = at;
                } else if (packet.getInt(VirtioNetHeader.LENGTH + 28) == next) {
                    next++;
                }
            }
            say("PING AT " + ping + " OF " + QUEUED + " IN ORDER " + next + ", " + tun);
        }
    }

    private static TunOptions queued(String name) {
        return new TunOptions(name, 1400, true, false, true);
    }

    private static int readOne(LinuxTunDevice tun, MemorySegment memory) {
        return tun.read(memory, 0, (int) memory.byteSize());
    }

    /** Sends batches into a path whose MTU is smaller than the datagrams. */
    private static void oversize(String target) throws Exception {
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(UdpOptions.ofPort(0))) {
            Endpoint to = Endpoint.of(new InetSocketAddress(target, 9));
            int sent = udp.send(OffHeap.zeros(5_600), 0, 5_600, 1_400, to);
            int small = udp.send(OffHeap.zeros(2_000), 0, 2_000, 1_000, to);
            say(
                    "SENT "
                            + sent
                            + " "
                            + small
                            + " OVERSIZED "
                            + udp.oversizedBatches()
                            + " GSO "
                            + udp.segmentationOffload());
        }
    }

    /** Sends to a neighbour that does not answer, with a small buffer, until it is full. */
    private static void full(String target) throws Exception {
        Endpoint to = Endpoint.of(new InetSocketAddress(target, 9));
        MemorySegment data = OffHeap.zeros(64_000);
        try (LinuxUdpTransport udp =
                        LinuxUdpTransport.open(new UdpOptions(0, false, false, 8_192));
                LinuxUdpTransport segmenting =
                        LinuxUdpTransport.open(new UdpOptions(0, true, true, 8_192))) {
            int sent = udp.send(data, 0, 64_000, 1_000, to);
            int then = udp.send(data, 0, 64_000, 1_000, to);
            int batch = 1;
            for (int i = 0; i < 100 && batch > 0; i++) {
                batch = segmenting.send(data, 0, 64_000, 1_000, to);
            }
            say("ONE-BY-ONE " + sent + " THEN " + then + " BATCH " + batch);
        }
    }

    /** Receives on an interface whose kernel joins; tells how often, and how often both kinds. */
    private static void join(String device) throws Exception {
        setOffload(device, ETHTOOL_SGRO, true);
        // What comes within a millisecond is joined, however it is scheduled.
        Path settings = Path.of("/sys/class/net", device);
        Files.writeString(settings.resolve("gro_flush_timeout"), "1000000");
        Files.writeString(settings.resolve("napi_defer_hard_irqs"), "2");
        ReceivedDatagrams into = new ReceivedDatagrams();
        into.buffer = new byte[65_535];
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(new UdpOptions(0, true, true, false));
                LinuxReadiness readiness = LinuxReadiness.forUdp(udp)) {
            say("READY " + udp.localPort());
            int[] joined = new int[PHASES];
            int[] mixed = new int[PHASES];
            int phase = 0;
            while (phase < PHASES - 1) {
                int length = udp.receive(into);
                if (length == 0) {
                    readiness.await(-1);
                    continue;
                }
                phase = into.buffer[PHASE_AT];
                boolean both = false;
                for (int at = 0; at < length; at += into.segmentLength) {
                    both |=
                            into.buffer[at + PHASE_AT] == phase
                                    && into.buffer[at + KIND_AT] != into.buffer[KIND_AT];
                }
                joined[phase] += length > into.segmentLength ? 1 : 0;
                mixed[phase] += both ? 1 : 0;
            }
            say("APART " + mixed[0] + " OF " + joined[0] + " ALIKE " + mixed[1]);
        }
    }

    /**
     * Sends urgent capsules and others by turns, then others only that are told apart all the same.
     */
    private static void alternate(String target, int port) throws Exception {
        setOffload("near", ETHTOOL_STSO, false);
        Endpoint to = Endpoint.of(new InetSocketAddress(target, port));
        try (LinuxUdpTransport udp = LinuxUdpTransport.open(UdpOptions.ofPort(0))) {
            for (int phase = 0; phase < PHASES; phase++) {
                for (int i = 0; i < QUEUED; i++) {
                    MemorySegment datagram = OffHeap.zeros(100);
                    int kind = i % 3 == 0 ? 1 : 0;
                    int flags = kind == 1 && phase == 0 ? CapsuleHeader.FLAG_URGENT : 0;
                    CapsuleHeader.write(datagram, 0, flags, 0, 1, i);
                    datagram.set(ValueLayout.JAVA_BYTE, PHASE_AT, (byte) phase);
                    datagram.set(ValueLayout.JAVA_BYTE, KIND_AT, (byte) kind);
                    udp.send(datagram, 0, 100, 100, to);
                }
            }
            say("SENT");
        }
    }

    /** Switches an offload of an interface on or off (linux/ethtool.h). */
    private static void setOffload(String device, int offload, boolean on) {
        ErrnoCapture errno = new ErrnoCapture();
        int fd = LibC.socket(errno, NativeLayouts.AF_INET, NativeLayouts.SOCK_DGRAM, 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(8, 8);
            value.set(ValueLayout.JAVA_INT, 0, offload);
            value.set(ValueLayout.JAVA_INT, 4, on ? 1 : 0);
            MemorySegment request = arena.allocate(40, 8);
            request.setString(0, device);
            request.set(ValueLayout.ADDRESS, 16, value);
            int result = LibC.ioctl(errno, fd, SIOCETHTOOL, request);
            if (result < 0) {
                throw new IllegalStateException(device + ": " + Errno.name(result));
            }
        } finally {
            LibC.close(errno, fd);
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    /** One direction. */
    private static final class Cable implements Runnable {
        private static final int CAPACITY = VirtioNetHeader.LENGTH + 65_535;

        private final LinuxTunDevice from;
        private final LinuxTunDevice to;
        private final LinuxReadiness readiness;
        private final AtomicBoolean stopped;
        private final MemorySegment buffer = OffHeap.zeros(CAPACITY);
        private int superPackets;
        private int largest;

        Cable(
                LinuxTunDevice from,
                LinuxTunDevice to,
                LinuxReadiness readiness,
                AtomicBoolean stopped) {
            this.from = from;
            this.to = to;
            this.readiness = readiness;
            this.stopped = stopped;
        }

        @Override
        public void run() {
            while (!stopped.get()) {
                int length = from.read(buffer, 0, CAPACITY);
                if (length == TunDevice.WOULD_BLOCK) {
                    readiness.await(-1);
                } else if (length > 0) {
                    byte[] virtio = OffHeap.bytes(buffer, VirtioNetHeader.LENGTH);
                    if (VirtioNetHeader.gsoType(virtio, 0) != VirtioNetHeader.GSO_NONE) {
                        superPackets++;
                        largest = Math.max(largest, length);
                    }
                    to.write(buffer, 0, length);
                }
            }
        }
    }
}
