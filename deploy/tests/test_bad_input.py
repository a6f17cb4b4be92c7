"""Bad input gets one clear line and loses nothing."""

import os
import random
import signal
import socket

import shared
from lab import REPOSITORY, wait_for


class BadInputTest(shared.PairTest):
    def assert_refused(self, done, *words):
        """Exit status 1, one line on standard error that says what is wrong, no stack trace."""
        self.assertEqual(1, done.returncode, done.stdout + done.stderr)
        self.assertNotIn("\tat ", done.stderr)
        for word in words:
            self.assertIn(word.lower(), done.stderr.lower())
        self.assertLessEqual(len(done.stderr.strip().splitlines()), 2, done.stderr)

    def fresh(self, name):
        return shared.Node(self.lab.host(name))

    def test_text_that_is_no_invitation(self):
        node = self.fresh("n1")
        self.assert_refused(node.join("hello", check=False), "invitation")
        self.assertFalse((node.directory / "node.yaml").exists())

    def test_damaged_invitation(self):
        node = self.fresh("n2")
        invitation = self.cloud.invite("n2")
        middle = len(invitation) // 2
        damaged = invitation[:middle] + ("A" if invitation[middle] != "A" else "B") + invitation[middle + 1:]
        self.assert_refused(node.join(damaged, check=False), "invitation")
        node.join(invitation)

    def test_used_invitation(self):
        invitation = self.cloud.invite("n3")
        self.fresh("n3").join(invitation)
        self.assert_refused(self.fresh("n3b").join(invitation, check=False), "used")

    def test_expired_invitation(self):
        node = self.fresh("n4")
        invitation = self.cloud.invite("n4", "--expires", "1s")
        wait_for(lambda: node.join(invitation, check=False).returncode, 10, "the invitation to expire")

    def test_unreachable_cloud(self):
        lonely = shared.Cloud(self.lab.host("lonely"))
        invitation = lonely.invite("n5")
        self.assert_refused(self.fresh("n5").join(invitation, check=False), "cloud", "7447")

    def test_cloud_with_another_ca(self):
        host = self.lab.host("other")
        first = shared.Cloud(host)
        invitation = first.invite("n6")
        first.directory.rename(host.directory / "gone")
        second = shared.Cloud(host)
        second.serve()
        self.assert_refused(self.fresh("n6").join(invitation, check=False), "ca")

    def test_configuration_key_that_does_not_exist(self):
        node = self.fresh("n7")
        node.join(self.cloud.invite("n7"))
        node.configure("engine:\n  ring-siez: 64\n")
        process = node.spawn()
        self.assertEqual(1, process.popen.wait(20))
        self.assertRegex(process.output(), r"node\.yaml:\d+.*ring-siez")
        self.assertIn("ring-size", process.output())

    def test_configuration_value_out_of_range(self):
        node = self.fresh("n8")
        node.join(self.cloud.invite("n8"))
        node.configure("engine:\n  ring-size: 63\n")
        process = node.spawn()
        self.assertEqual(1, process.popen.wait(20))
        self.assertRegex(process.output(), r"node\.yaml:\d+.*ring-size.*63.*allowed")

    def test_largest_ring_that_is_allowed(self):
        """Whatever the configuration accepts has to fit the memory that the launcher allows."""
        node = self.fresh("n20")
        node.join(self.cloud.invite("n20"))
        node.configure("engine:\n  mode: pipeline\n  ring-size: 1024\n")
        node.up()
        self.assertEqual(1024, node.status()["engine"]["ringSize"])
        node.process.stop()

    def test_port_in_use(self):
        node = self.fresh("n9")
        node.join(self.cloud.invite("n9"))
        node.configure("listen-port: 7450\n")
        blocker = node.host.spawn("blocker", "python3", "-c",
                                  "import socket,time;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
                                  "s.bind(('0.0.0.0',7450));print('bound',flush=True);time.sleep(60)")
        blocker.wait_for_line("bound", 5)
        process = node.spawn()
        self.assertEqual(1, process.popen.wait(20))
        self.assertIn("7450", process.output())
        self.assertIn("in use", process.output())

    def test_cloud_port_in_use(self):
        cloud = shared.Cloud(self.lab.host("twice"))
        cloud.serve()
        other = shared.Cloud.__new__(shared.Cloud)
        other.host, other.directory = cloud.host, cloud.host.directory / "second"
        other.command("init", "--listen", cloud.host.ipv4)
        done = other.command("serve", check=False)
        self.assert_refused(done, "7447", "in use")

    def test_up_without_root(self):
        node = self.fresh("n10")
        node.join(self.cloud.invite("n10"))
        for folder in (self.lab.directory, node.host.directory):
            os.chmod(folder, 0o755)
        # This clone may lie in a folder that is its owner's alone, such as root's home.
        open_to_all = self.lab.directory / "clone"
        open_to_all.mkdir()
        done = node.host.run("unshare", "-m", "bash", "-c",
                             "mount --bind \"$0\" \"$1\" && exec setpriv --reuid 65534 --regid 65534 --clear-groups"
                             " \"$1/deploy/bin/cyphonic\" up --dir \"$2\"",
                             REPOSITORY, open_to_all, node.directory, check=False)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertNotIn("\tat ", done.stderr)

    def test_up_without_tun_device(self):
        node = self.fresh("n11")
        node.join(self.cloud.invite("n11"))
        done = node.host.run("unshare", "-m", "bash", "-c",
                             "mount -t tmpfs none /dev/net && exec \"$0\" up --dir \"$1\"",
                             REPOSITORY / "deploy/bin/cyphonic", node.directory, check=False)
        self.assert_refused(done, "/dev/net/tun")

    def test_clock_that_is_off(self):
        node = self.fresh("n12")
        invitation = self.cloud.invite("n12")
        for offset in ("-2y", "+3y", "+20m"):
            done = node.host.run("faketime", "-f", offset, REPOSITORY / "deploy/bin/cyphonic", "join", invitation,
                                 "--dir", node.directory, check=False)
            self.assert_refused(done, "clock")
        node.join(invitation)

    def test_wrong_use(self):
        for arguments in (["up"], ["nonsense"], ["join"], ["ping", "--dir", "/tmp"]):
            done = self.alice.host.run(REPOSITORY / "deploy/bin/cyphonic", *arguments, check=False)
            self.assertEqual(2, done.returncode, arguments)

    def test_status_of_a_node_that_does_not_run(self):
        node = self.fresh("n13")
        node.join(self.cloud.invite("n13"))
        self.assert_refused(node.command("status", check=False), "not running")

    def test_random_bytes_on_every_port_change_nothing(self):
        seed = int.from_bytes(os.urandom(4), "big")
        script = f"""
import random, socket, sys
source = random.Random({seed})
targets = [line.split() for line in sys.stdin if line.strip()]
for kind, host, port in targets:
    for _ in range(300 if kind == 'udp' else 30):
        payload = bytearray(source.randbytes(source.choice([0, 1, 15, 16, 31, 40, 150, 600, 1300])))
        if payload and source.random() < 0.8:
            payload[0] = source.randrange(0x40, 0x48)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == 'udp' else socket.SOCK_STREAM)
        s.settimeout(2)
        try:
            s.connect((host, int(port)))
            s.send(payload)
        except OSError:
            pass
        s.close()
"""
        endpoint = self.alice.peer(self.bob.fqdn)["endpoint"].rsplit(":", 1)
        targets = [("udp", self.cloud.host.ipv4, 7447), ("tcp", self.cloud.host.ipv4, 7447),
                   ("udp", self.bob.host.ipv4, endpoint[1]), ("udp", self.bob.virtual_ipv4, 53),
                   ("tcp", self.bob.virtual_ipv4, 53)]
        self.alice.host.run("python3", "-c", script, input="\n".join(" ".join(map(str, t)) for t in targets), timeout=120)
        self.assert_reachable(f"seed {seed}")
        self.assertTrue(self.bob.process.running() and self.cloud.process.running())
        invitation = self.cloud.invite("n14")
        self.fresh("n14").join(invitation)
        refused = self.bob.status()["engine"]["drops"]
        self.assertGreater(sum(refused.get(reason, 0) for reason in
                               ("INBOUND_MALFORMED", "INBOUND_UNKNOWN_RECEIVER", "SIGNALING_INVALID")), 0, refused)
