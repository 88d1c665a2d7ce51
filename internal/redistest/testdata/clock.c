/* This library is loaded into a redis-server before the C library, to move its wall clock.
 *
 * Redis reads TIME, expiry and the time in its logs with gettimeofday, and counts seconds for
 * INFO and replication with time. The library moves both, because Redis compares them with
 * each other. It leaves clock_gettime alone: Redis uses it only for the monotonic clock, by
 * which it runs its timers. No step of the wall clock on a real machine moves that clock
 * either.
 *
 * The file "clock" in the working directory holds two 64-bit integers of this machine, in
 * microseconds: the offset, and the time of a stopped clock, or 0. A stopped clock moves by
 * one microsecond with each reading, as if each took no longer. The library maps the file and
 * does not read it, so that a new value takes effect with the next call.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t none[2];
static int64_t *clock_file = none; /* until the file is mapped */

__attribute__((constructor)) static void map_offset(void) {
	int fd = open("clock", O_RDWR);
	void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED) {
		perror("the file of the movable clock");
		abort();
	}
	clock_file = mapped;
	close(fd);
}

static int64_t now(void) {
	struct timespec real;
	clock_gettime(CLOCK_REALTIME, &real); /* cannot fail for this clock */
	int64_t us = __atomic_load_n(clock_file + 1, __ATOMIC_RELAXED);
	if (us != 0)
		us = __atomic_add_fetch(clock_file + 1, 1, __ATOMIC_RELAXED);
	else
		us = (int64_t)real.tv_sec * 1000000 + real.tv_nsec / 1000;
	return us + __atomic_load_n(clock_file, __ATOMIC_RELAXED);
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
	(void)zone; /* obsolete, and unused by Redis */
	int64_t us = now();
	tv->tv_sec = us / 1000000;
	tv->tv_usec = us % 1000000;
	return 0;
}

time_t time(time_t *result) {
	time_t s = now() / 1000000;
	if (result != NULL)
		*result = s;
	return s;
}
