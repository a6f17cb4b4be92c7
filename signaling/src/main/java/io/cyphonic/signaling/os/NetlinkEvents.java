package io.cyphonic.signaling.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Hears from the kernel that addresses, links or routes of this network namespace have changed
 * (rtnetlink(7), multicast groups). Says what sort of change, not which: who wants to know looks.
 * Changes of one interface, the overlay's own, are left out. For one thread at a time.
 */
public final class NetlinkEvents implements AutoCloseable {
    /** Nothing of interest. */
    public static final int NONE = 0;

    /** An address, or the state of a link: what this host can be reached at may be another. */
    public static final int ADDRESSES = 1;

    /** A default route, or one nearly as wide: what leaves this host may go another way. */
    public static final int ROUTES = 2;

    private static final int NETLINK_ROUTE = 0;
    private static final int GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_DELADDR = 21;
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_DELROUTE = 25;
    private static final int RTM_F_CLONED = 0x200;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTN_UNICAST = 1;
    private static final int RTA_OIF = 4;
    private static final int ROUTE_MESSAGE_LENGTH = 12;
    private static final int LINK_INDEX_OFFSET = 4;

    /** Longest prefix that counts as nearly all of the internet: some halve or quarter it. */
    private static final int WIDE_PREFIX = 8;

    private final ErrnoCapture errno = new ErrnoCapture();
    private final MemorySegment received = Arena.ofAuto().allocate(32 * 1024);
    private final PollSet poll;
    private final int ignoredInterface;
    private int fd;

    private NetlinkEvents(int fd, int ignoredInterface) {
        this.fd = fd;
        this.ignoredInterface = ignoredInterface;
        poll = PollSet.of(fd);
    }

    /**
     * Begins to listen.
     *
     * @param ignoredInterface index of the interface whose changes do not count
     */
    public static NetlinkEvents open(int ignoredInterface) throws NativeException {
        ErrnoCapture errno = new ErrnoCapture();
        int type = NativeLayouts.SOCK_RAW | NativeLayouts.O_NONBLOCK | NativeLayouts.O_CLOEXEC;
        int fd = LibC.socket(errno, NativeLayouts.AF_NETLINK, type, NETLINK_ROUTE);
        if (fd < 0) {
            throw new NativeException("no netlink socket: changes of the network go unnoticed", fd);
        }
        // struct sockaddr_nl: family, padding, port id 0 (the kernel chooses), groups.
        byte[] address =
                ByteBuffer.allocate(12)
                        .order(ByteOrder.nativeOrder())
                        .putShort((short) NativeLayouts.AF_NETLINK)
                        .putShort((short) 0)
                        .putInt(0)
                        .putInt(GROUPS)
                        .array();
        int bound = LibC.bind(errno, fd, address);
        if (bound < 0) {
            LibC.close(errno, fd);
            throw new NativeException("netlink tells no changes of the network", bound);
        }
        return new NetlinkEvents(fd, ignoredInterface);
    }

    /**
     * Waits for a change.
     *
     * @return a sum of {@link #ADDRESSES} and {@link #ROUTES}; {@link #NONE} after the time
     */
    public int await(int timeoutMillis) {
        if (poll.await(errno, timeoutMillis) <= 0) {
            return NONE;
        }
        int changes = NONE;
        while (true) {
            int length = LibC.read(errno, fd, received, 0, (int) received.byteSize());
            if (length <= 0) {
                // More than the socket could hold: whatever it was, it was a change.
                return length == -Errno.ENOBUFS ? ADDRESSES | ROUTES : changes;
            }
            byte[] messages = received.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            changes |= changes(messages, length, ignoredInterface);
        }
    }

    /** What the messages in a buffer are about; takes any bytes. */
    static int changes(byte[] buffer, int length, int ignoredInterface) {
        ByteBuffer messages = ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.nativeOrder());
        int changes = NONE;
        int at = 0;
        while (at + NetlinkRequest.HEADER_LENGTH <= length) {
            int size = messages.getInt(at);
            if (size < NetlinkRequest.HEADER_LENGTH || size > length - at) {
                break;
            }
            changes |= change(messages, at, size, ignoredInterface);
            at += size + 3 & ~3;
        }
        return changes;
    }

    private static int change(ByteBuffer messages, int at, int size, int ignoredInterface) {
        int body = at + NetlinkRequest.HEADER_LENGTH;
        int bodyLength = size - NetlinkRequest.HEADER_LENGTH;
        return switch (messages.getShort(at + 4)) {
            case RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR -> {
                boolean readable = bodyLength >= LINK_INDEX_OFFSET + Integer.BYTES;
                yield readable && messages.getInt(body + LINK_INDEX_OFFSET) != ignoredInterface
                        ? ADDRESSES
                        : NONE;
            }
            case RTM_NEWROUTE, RTM_DELROUTE ->
                    bodyLength >= ROUTE_MESSAGE_LENGTH
                                    && isWideRoute(messages, body)
                                    && oif(messages, body, bodyLength) != ignoredInterface
                            ? ROUTES
                            : NONE;
            default -> NONE;
        };
    }

    /** {@code struct rtmsg}: family, dst_len, src_len, tos, table, protocol, scope, type, flags. */
    private static boolean isWideRoute(ByteBuffer messages, int body) {
        return (messages.get(body + 1) & 0xFF) <= WIDE_PREFIX
                && (messages.get(body + 4) & 0xFF) == RT_TABLE_MAIN
                && messages.get(body + 7) == RTN_UNICAST
                && (messages.getInt(body + 8) & RTM_F_CLONED) == 0;
    }

    private static int oif(ByteBuffer messages, int body, int bodyLength) {
        int end = body + bodyLength;
        int at = body + ROUTE_MESSAGE_LENGTH;
        while (at + 4 <= end) {
            int size = messages.getShort(at) & 0xFFFF;
            if (size < 4 || size > end - at) {
                break;
            }
            if (messages.getShort(at + 2) == RTA_OIF && size >= 8) {
                return messages.getInt(at + 4);
            }
            at += size + 3 & ~3;
        }
        return -1;
    }

    /** Ends listening. Idempotent; not while another thread waits. */
    @Override
    public void close() {
        if (fd >= 0) {
            LibC.close(errno, fd);
            fd = -1;
        }
    }
}
