// The least a tunnel between two hosts can do, as a yardstick: whatever the TUN device hands over (super-packets with
// their virtio header) is sent as datagrams of one size in as few calls as the kernel allows, and put together again on the
// other side. No keys, no authentication, no order, no recovery: for measuring on a closed network only.
//
// usage: null_tunnel INTERFACE LOCAL_ADDRESS PEER_ADDRESS PORT DATAGRAM_BYTES
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH_FIELD = 4, LARGEST_PACKET = 65535 + 10, DATAGRAMS_PER_SEND = 44, SOCKET_BUFFER = 4 << 20 };

struct tunnel {
    int tun, udp, datagram;
    struct sockaddr_in peer;
};

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int open_tun(const char *name) {
    struct ifreq ifr;
    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
    snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
    int fd = open("/dev/net/tun", O_RDWR);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0) die("tun device");
    if (ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0) die("tun offloads");
    return fd;
}

static int open_udp(const struct sockaddr_in *local, int datagram) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size = SOCKET_BUFFER;
    if (fd < 0 || bind(fd, (const struct sockaddr *)local, sizeof *local) < 0) die("udp socket");
    if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &datagram, sizeof datagram) < 0) die("UDP_SEGMENT");
    if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) < 0) die("UDP_GRO");
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    return fd;
}

static void *outbound(void *argument) {
    struct tunnel *t = argument;
    static uint8_t frame[LENGTH_FIELD + LARGEST_PACKET];
    const int most = t->datagram * DATAGRAMS_PER_SEND;
    for (;;) {
        ssize_t got = read(t->tun, frame + LENGTH_FIELD, LARGEST_PACKET);
        if (got <= 0) continue;
        uint32_t length = (uint32_t)got;
        memcpy(frame, &length, LENGTH_FIELD);
        for (int sent = 0, total = (int)got + LENGTH_FIELD; sent < total;) {
            int part = total - sent < most ? total - sent : most;
            sendto(t->udp, frame + sent, (size_t)part, 0, (struct sockaddr *)&t->peer, sizeof t->peer);
            sent += part;
        }
    }
    return NULL;
}

// The datagrams form one stream of [length][packet]; after a loss it starts afresh with the next receive.
static void inbound(struct tunnel *t) {
    static uint8_t stream[4 * (LENGTH_FIELD + LARGEST_PACKET)];
    size_t held = 0;
    for (;;) {
        ssize_t got = recv(t->udp, stream + held, LARGEST_PACKET, 0);
        if (got <= 0) continue;
        held += (size_t)got;
        size_t at = 0;
        while (held - at >= LENGTH_FIELD) {
            uint32_t length;
            memcpy(&length, stream + at, LENGTH_FIELD);
            if (length < 30 || length > LARGEST_PACKET) {
                at = held;
                break;
            }
            if (held - at - LENGTH_FIELD < length) break;
            if (write(t->tun, stream + at + LENGTH_FIELD, length) < 0) { /* the host refused it: lost */
            }
            at += LENGTH_FIELD + length;
        }
        held -= at;
        memmove(stream, stream + at, held);
        if (held > 2 * LARGEST_PACKET) held = 0;
    }
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: %s INTERFACE LOCAL_ADDRESS PEER_ADDRESS PORT DATAGRAM_BYTES\n", argv[0]);
        return 2;
    }
    struct tunnel t = {.datagram = atoi(argv[5])};
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[4]))};
    t.peer = local;
    if (inet_pton(AF_INET, argv[2], &local.sin_addr) != 1 || inet_pton(AF_INET, argv[3], &t.peer.sin_addr) != 1) {
        fprintf(stderr, "%s: not an IPv4 address\n", argv[0]);
        return 2;
    }
    t.tun = open_tun(argv[1]);
    t.udp = open_udp(&local, t.datagram);
    pthread_t thread;
    if (pthread_create(&thread, NULL, outbound, &t) != 0) die("thread");
    puts("ready");
    fflush(stdout);
    inbound(&t);
}
