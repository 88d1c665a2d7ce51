-- Forgets all units of KEYS[1], also of a value that this package did not write. A refund of one of
-- these units finds no key, or a key in another life, and gives nothing back.
--
-- Reply, one integer: 0.
redis.call('UNLINK', KEYS[1])
return struct.pack('>i8', 0)
