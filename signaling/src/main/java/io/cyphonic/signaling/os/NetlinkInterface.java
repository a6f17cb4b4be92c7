package io.cyphonic.signaling.os;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Sets up one network interface through rtnetlink (rtnetlink(7), linux/if_link.h): MTU, addresses,
 * routes, up. Single-threaded; used at start and stop, never on the data path. Setting what is
 * already set is no error.
 */
public final class NetlinkInterface implements AutoCloseable {
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_GETLINK = 18;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_NEWROUTE = 24;

    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_TXQLEN = 13;
    private static final int IFLA_AF_SPEC = 26;
    private static final int IFLA_GSO_MAX_SIZE = 41;
    private static final int IFLA_INET6_ADDR_GEN_MODE = 8;
    private static final int IN6_ADDR_GEN_MODE_NONE = 1;
    private static final int RTM_NEWQDISC = 36;
    private static final int TCA_KIND = 1;
    private static final int TC_H_ROOT = -1;

    private static final int IFF_UP = 1;

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_F_NODAD = 2;

    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTPROT_STATIC = 4;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RT_SCOPE_LINK = 253;
    private static final int RTN_UNICAST = 1;

    private final NetlinkSocket socket;
    private final String name;
    private final int index;

    private NetlinkInterface(NetlinkSocket socket, String name, int index) {
        this.socket = socket;
        this.name = name;
        this.index = index;
    }

    /**
     * Finds an interface by its name.
     *
     * @throws NetlinkException if there is none
     */
    public static NetlinkInterface open(String name) throws NativeException {
        NetlinkSocket socket = NetlinkSocket.open();
        try {
            return new NetlinkInterface(socket, name, indexOf(socket, name));
        } catch (NativeException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static int indexOf(NetlinkSocket socket, String name) throws NativeException {
        byte[] text = (name + "\0").getBytes(StandardCharsets.US_ASCII);
        NetlinkRequest request =
                linkHeader(socket.query(RTM_GETLINK), 0, 0, 0).attribute(IFLA_IFNAME, text);
        ByteBuffer answer = socket.ask(request);
        if (answer.getShort(4) != RTM_NEWLINK) {
            int errno = -answer.getInt(NetlinkRequest.HEADER_LENGTH);
            throw NetlinkException.of("finding interface " + name, errno, false);
        }
        return answer.getInt(NetlinkRequest.HEADER_LENGTH + 4);
    }

    /** The interface name. */
    public String name() {
        return name;
    }

    /** The interface index. */
    public int index() {
        return index;
    }

    /** Sets the MTU in bytes. */
    public void setMtu(int mtu) throws NativeException {
        NetlinkRequest request = link(0, 0).attribute(IFLA_MTU, mtu);
        change(request, "setting the MTU of " + name + " to " + mtu, false);
    }

    /**
     * Sets how many packets, super-packets counted once, the interface keeps for its reader before
     * it drops what the host sends.
     */
    public void setTransmitQueueLength(int packets) throws NativeException {
        NetlinkRequest request = link(0, 0).attribute(IFLA_TXQLEN, packets);
        change(request, "setting the queue length of " + name + " to " + packets, false);
    }

    /**
     * Makes packets go to the interface without a queue in front of it. A device with several
     * queues would get one in front of each of the 256 it may have, 48 KB of kernel memory for a
     * queue length of 2000. To be called before {@link #setUp}, which makes them.
     */
    public void removeQueueingDiscipline() throws NativeException {
        byte[] kind = "noqueue\0".getBytes(StandardCharsets.US_ASCII);
        // struct tcmsg: linux/rtnetlink.h
        NetlinkRequest request =
                socket.change(
                                RTM_NEWQDISC,
                                NetlinkSocket.NLM_F_CREATE | NetlinkSocket.NLM_F_REPLACE)
                        .putInt(0)
                        .putInt(index)
                        .putInt(0)
                        .putInt(TC_H_ROOT)
                        .putInt(0)
                        .attribute(TCA_KIND, kind);
        change(request, "removing the queueing discipline of " + name, false);
    }

    /** Brings the interface up. */
    public void setUp() throws NativeException {
        change(link(IFF_UP, IFF_UP), "bringing up " + name, false);
    }

    /** Brings the interface down. */
    public void setDown() throws NativeException {
        change(link(0, IFF_UP), "bringing down " + name, false);
    }

    /**
     * Limits the super-packets the host hands to this interface.
     *
     * @param bytes 1 to 65536, or more where the kernel allows it
     */
    public void setGsoMaxSize(int bytes) throws NativeException {
        NetlinkRequest request = link(0, 0).attribute(IFLA_GSO_MAX_SIZE, bytes);
        change(request, "setting the GSO size of " + name + " to " + bytes, false);
    }

    /**
     * Keeps the kernel from giving the interface a link-local IPv6 address of its own and from
     * sending router solicitations into the overlay. To be called before {@link #setUp}.
     */
    public void disableLinkLocalAddress() throws NativeException {
        NetlinkRequest request = link(0, 0);
        int families = request.beginNested(IFLA_AF_SPEC);
        int ipv6 = request.beginNested(NativeLayouts.AF_INET6);
        request.attributeByte(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
        request.endNested(ipv6);
        request.endNested(families);
        change(request, "switching off link-local addresses on " + name, true);
    }

    /**
     * Gives the interface an address. The kernel adds the route to the prefix itself once the
     * interface is up. IPv6 addresses skip duplicate address detection: the cloud gave them out.
     *
     * @param address IPv4 or IPv6
     * @param prefixLength 0 to 32, or 0 to 128
     */
    public void addAddress(InetAddress address, int prefixLength) throws NativeException {
        byte[] raw = checked(address, prefixLength);
        boolean ipv6 = raw.length == 16;
        NetlinkRequest request =
                socket.change(RTM_NEWADDR, NetlinkSocket.NLM_F_CREATE | NetlinkSocket.NLM_F_REPLACE)
                        .putByte(family(raw))
                        .putByte(prefixLength)
                        .putByte(ipv6 ? IFA_F_NODAD : 0)
                        .putByte(RT_SCOPE_UNIVERSE)
                        .putInt(index)
                        .attribute(IFA_LOCAL, raw)
                        .attribute(IFA_ADDRESS, raw);
        String what = "adding " + address.getHostAddress() + "/" + prefixLength + " to " + name;
        change(request, what, ipv6);
    }

    /**
     * Routes a prefix into the interface, for prefixes no address of the interface lies in.
     *
     * @param destination any address of the prefix; bits beyond the prefix must be zero
     * @param prefixLength 0 to 32, or 0 to 128
     */
    public void addRoute(InetAddress destination, int prefixLength) throws NativeException {
        byte[] raw = checked(destination, prefixLength);
        boolean ipv6 = raw.length == 16;
        NetlinkRequest request =
                socket.change(
                                RTM_NEWROUTE,
                                NetlinkSocket.NLM_F_CREATE | NetlinkSocket.NLM_F_REPLACE)
                        .putByte(family(raw))
                        .putByte(prefixLength)
                        .putByte(0)
                        .putByte(0)
                        .putByte(RT_TABLE_MAIN)
                        .putByte(RTPROT_STATIC)
                        .putByte(ipv6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK)
                        .putByte(RTN_UNICAST)
                        .putInt(0)
                        .attribute(RTA_DST, raw)
                        .attribute(RTA_OIF, index);
        String prefix = destination.getHostAddress() + "/" + prefixLength;
        change(request, "routing " + prefix + " into " + name, ipv6);
    }

    private NetlinkRequest link(int flags, int changedFlags) {
        return linkHeader(socket.change(RTM_NEWLINK, 0), index, flags, changedFlags);
    }

    /** {@code struct ifinfomsg}. */
    private static NetlinkRequest linkHeader(
            NetlinkRequest request, int index, int flags, int changedFlags) {
        return request.putByte(0)
                .putByte(0)
                .putShort(0)
                .putInt(index)
                .putInt(flags)
                .putInt(changedFlags);
    }

    private void change(NetlinkRequest request, String what, boolean ipv6) throws NativeException {
        int result = socket.acknowledged(request);
        if (result < 0) {
            throw NetlinkException.of(what, -result, ipv6);
        }
    }

    private static int family(byte[] raw) {
        return raw.length == 4 ? NativeLayouts.AF_INET : NativeLayouts.AF_INET6;
    }

    private static byte[] checked(InetAddress address, int prefixLength) {
        byte[] raw = address.getAddress();
        if (prefixLength < 0 || prefixLength > raw.length * 8) {
            throw new IllegalArgumentException(
                    "prefix length of "
                            + address.getHostAddress()
                            + ": found "
                            + prefixLength
                            + ", allowed are 0 to "
                            + raw.length * 8);
        }
        return raw;
    }

    /** Closes the netlink socket; the interface stays as it is. Idempotent. */
    @Override
    public void close() {
        socket.close();
    }
}
