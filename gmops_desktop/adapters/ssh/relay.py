"""A tunnel that is compressed with zstd at both its ends: it packs rows a third smaller than the
zlib of SSH, and costs the server less.

The host's stock `perl` connects to the target and pumps; its stock `zstd` compresses what comes.
Nothing is installed, nothing stays, and the pump sees no more than a tunnel does.  zstd keeps
what does not fill a block to itself, so whenever the target falls silent the pump fills the block
up with padding: zeros, which cost some twenty bytes of the line.

What goes to the target goes in frames, too.  A large one is packed here, by itself: then the pump
lets a `zstd -d` write it to the target, and goes on when that has ended.
"""

from __future__ import annotations

import shlex
from typing import Final

import paramiko
import zstandard

from gmops_desktop.adapters.ssh.tunnel import Tunnel
from gmops_desktop.language import tr

_PIECE: Final = 1024  # bytes unpacked at once: of zeros, they may become 13 MB
_HEADER: Final = 4  # bytes before each frame: its length, and above that a bit for padding
_PADDING: Final = 1 << 31
_PACKED: Final = 1 << 31  # the same bit, of a frame that goes to the target

_WORTH: Final = 32 << 10  # bytes for which a process at the far end, of some 3 ms, is worth it
_MOST: Final = 64 << 20  # bytes of one frame
_LEVEL: Final = 9

# zstd reads blocks of 128 KiB.  The bytes on its standard output must leave at once, and it must
# not hand blocks to threads, which gather megabytes before they begin.
_PUMP: Final = r"""
use strict; use warnings; use IO::Socket::INET;
my ($window, $host, $port) = @ARGV;
sub found { my $tool = shift; grep { -x "$_/$tool" } split /:/, $ENV{PATH} }
found($_) or die "no $_\n" for qw(zstd stdbuf);
my $target = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 5)
    or die "$@\n";
setsockopt($target, 6, 1, 1);
setpriority(0, 0, 10);
open(my $zstd, "|-", qw(stdbuf -o0 zstd -q -c -9 --single-thread), "--long=$window")
    or die "$!\n";
my ($from_us, $from_target, $block, $in_block) = (fileno(STDIN), fileno($target), 131072, 0);
my ($come, $left, $unpacker) = ('', 0, undef);
sub put {
    my ($data, $at) = (shift, 0);
    while ($at < length $data) { $at += syswrite($zstd, $data, length($data) - $at, $at) // exit 1 }
    $in_block = ($in_block + $at) % $block;
}
sub all {
    my ($to, $data, $at) = (@_, 0);
    while ($at < length $data) { $at += syswrite($to, $data, length($data) - $at, $at) // exit 1 }
}
sub unpacker {
    my $pid = open(my $to, "|-") // exit 1;
    return $to if $pid;
    open(STDOUT, ">&", $target) or exit 1;
    exec qw(zstd -d -q -c) or exit 1;
}
sub pad {
    my $zeros = $block - $in_block - 4;
    $zeros += $block if $zeros < 0;
    put(pack("N", $zeros | 1 << 31) . "\0" x $zeros);
}
pad();
while (1) {
    my $ready = '';
    vec($ready, $_, 1) = 1 for $from_us, $from_target;
    if (!select($ready, undef, undef, $in_block ? 0.003 : undef)) {
        pad();
        next;
    }
    if (vec($ready, $from_us, 1)) {
        sysread(STDIN, $come, 65536, length $come) or last;
        while (length $come) {
            if (!$left) {
                last if length $come < 4;
                my $head = unpack("N", substr($come, 0, 4, ''));
                $left = $head & 0x7fffffff;
                $unpacker = $head >> 31 ? unpacker() : undef;
                next;
            }
            my $part = substr($come, 0, $left, '');
            $left -= length $part;
            all($unpacker // $target, $part);
            if ($unpacker && !$left) { close($unpacker) or exit 1 }
        }
    }
    if (vec($ready, $from_target, 1)) {
        sysread($target, my $data, 131072) or last;
        put(pack("N", length $data) . $data);
    }
}
"""


def pump(host: str, port: int, window: int) -> str:
    """Return the shell line that pumps between its standard streams and `host`:`port`.

    What comes may refer back by 2 to the power of `window` bytes, which both ends then hold.  It
    begins with padding once the target is reached; else it says on standard error what lacks.
    """
    words = f"exec perl -e {shlex.quote(_PUMP)} {window} {shlex.quote(host)} {port}"
    return f"sh -c {shlex.quote(words)}"


class Relay(Tunnel):
    """The near end: what is large is packed on its way out, and what comes is unpacked."""

    def __init__(self, channel: paramiko.Channel) -> None:
        super().__init__(channel)
        self._zstd = zstandard.ZstdDecompressor().decompressobj()
        self._packer = zstandard.ZstdCompressor(_LEVEL)
        self._packed = bytearray()  # what is unpacked, in the pump's frames
        self._left = 0  # bytes to come of the frame that is being read
        self._padding = False
        self._began = False
        self._plain = memoryview(b"")

    def runs(self) -> bool:
        """Read some of what comes; say whether the pump's padding, which is first, has arrived.

        Raises `EOFError` or `OSError` where no pump answers.
        """
        try:
            if not self._read():
                raise EOFError(tr("no answer"))
        except TimeoutError:
            return False
        return self._began

    def sendall(self, data: bytes | bytearray | memoryview) -> None:
        """Send everything, or raise `OSError`."""
        view = memoryview(data)
        for start in range(0, len(view), _MOST):
            part = view[start : start + _MOST]
            if len(part) < _WORTH:
                super().sendall(len(part).to_bytes(_HEADER) + bytes(part))
            else:
                packed = self._packer.compress(part)
                super().sendall((len(packed) | _PACKED).to_bytes(_HEADER) + packed)

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end of the stream."""
        while not self._plain:
            if not self._read():
                return b""
        data, self._plain = self._plain[:size], self._plain[size:]
        return bytes(data)

    def _read(self) -> bool:
        """Read and unpack a piece; False at the end of the stream."""
        piece = super().recv(_PIECE)
        if not piece:
            return False
        try:
            self._packed += self._zstd.decompress(piece)
        except zstandard.ZstdError as error:
            raise ConnectionError(tr("what came is not compressed")) from error
        self._plain = memoryview(self._unframed())
        return True

    def _unframed(self) -> bytes:
        """Take the frames apart as far as they have come; padding is dropped."""
        packed, position, found = self._packed, 0, list[bytes]()
        while position < len(packed):
            if not self._left:
                if len(packed) - position < _HEADER:
                    break
                head = int.from_bytes(packed[position : position + _HEADER])
                position += _HEADER
                self._began = True
                self._left, self._padding = head & ~_PADDING, bool(head & _PADDING)
            part = packed[position : position + self._left]
            position += len(part)
            self._left -= len(part)
            if not self._padding:
                found.append(bytes(part))
        del packed[:position]
        return b"".join(found)
