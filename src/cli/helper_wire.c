/*
 * helper_wire.c: messages between the program and its helper, over a stream
 * socket: a struct wire, maybe a descriptor with it, then its bytes.  Both
 * are one binary, so the struct travels as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/banned.h"
#include "helper.h"

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

void wire_cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags >= 0)
		fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

static void attach(struct msghdr *m, union control *ctl, int fd)
{
	struct cmsghdr *h;

	memset(ctl, 0, sizeof(*ctl));
	m->msg_control = ctl->bytes;
	m->msg_controllen = sizeof(ctl->bytes);
	h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
}

static bool send_all(int sock, const char *p, size_t n)
{
	while (n) {
		ssize_t done = send(sock, p, n, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

bool wire_send(int sock, const struct wire *w, const void *p, int fd)
{
	union control ctl;
	struct wire copy = *w;
	struct iovec iov = { .iov_base = &copy, .iov_len = sizeof(copy) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t done;

	if (fd >= 0)
		attach(&m, &ctl, fd);
	do
		done = sendmsg(sock, &m, 0);
	while (done < 0 && errno == EINTR);
	/* the descriptor went with the first byte */
	return done > 0 &&
	       send_all(sock, (const char *)&copy + done,
	                sizeof(copy) - (size_t)done) &&
	       send_all(sock, p, w->n);
}

bool wire_bytes(int sock, void *p, size_t n)
{
	char *s = p;

	while (n) {
		ssize_t done = recv(sock, s, n, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0)
			errno = EPIPE;
		if (done <= 0)
			return false;
		s += done;
		n -= (size_t)done;
	}
	return true;
}

static int detach(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
	    h->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	if (fd >= 0)
		wire_cloexec(fd);
	return fd;
}

bool wire_recv(int sock, struct wire *w, int *fd)
{
	union control ctl;
	struct iovec iov = { .iov_base = w, .iov_len = sizeof(*w) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		            .msg_control = ctl.bytes,
		            .msg_controllen = sizeof(ctl.bytes) };
	ssize_t done;

	memset(&ctl, 0, sizeof(ctl));
	*fd = -1;
	do
		done = recvmsg(sock, &m, 0);
	while (done < 0 && errno == EINTR);
	if (done == 0)
		errno = EPIPE;
	if (done <= 0)
		return false;
	*fd = detach(&m);
	if (wire_bytes(sock, (char *)w + done, sizeof(*w) - (size_t)done) &&
	    w->n <= WIRE_MAX)
		return true;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return false;
}
