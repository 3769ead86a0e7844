/* SPDX-License-Identifier: ISC */
/* Frames taken off a run of bytes. Deliberately without knowledge of sockets (peer.c). */
#include "lib/sys/msg_int.h"

#include "lib/sys/file.h"

bool
msg_cut_text(struct span *rest, struct span *text_out)
{
	const char *nul = rest->len > 0 ? memchr(rest->p, '\0', rest->len) : NULL;
	size_t len;

	if (nul == NULL)
		return false;
	len = (size_t) (nul - rest->p);
	*text_out = span_make(rest->p, len);
	*rest = span_make(nul + 1, rest->len - len - 1);
	return true;
}

enum parse
frame_parse(struct span in, size_t max, struct frame *frame_out, size_t *used_out, size_t *fds_out)
{
	const unsigned char *head = (const unsigned char *) in.p;
	struct span payload;
	size_t len;

	*used_out = *fds_out = 0;
	if (in.len < MSG_HEAD_BYTES)
		return PARSE_MORE;
	len = (size_t) head[0] << 24 | (size_t) head[1] << 16 | (size_t) head[2] << 8 | head[3];
	if (len > max || head[5] > MSG_FDS_MAX)
		return PARSE_BAD;
	if (head[4] != FRAME_MESSAGE && (head[4] != FRAME_DATA || head[5] != 0))
		return PARSE_BAD;
	*used_out = MSG_HEAD_BYTES + len;
	*fds_out = head[5];
	if (in.len < *used_out)
		return PARSE_MORE;
	payload = span_make(in.p + MSG_HEAD_BYTES, len);
	*frame_out = (struct frame){ .kind = head[4] };
	if (head[4] == FRAME_MESSAGE &&
	    (!msg_cut_text(&payload, &frame_out->name) || frame_out->name.len == 0))
		return PARSE_BAD;
	frame_out->payload = payload;
	return PARSE_OK;
}

bool
frame_is(const struct frame *frame, const struct msg_desc *desc)
{
	return frame->kind == FRAME_MESSAGE && span_eq_str(frame->name, desc->name);
}

void
frame_drop_fds(struct frame *frame)
{
	for (size_t i = 0; i < frame->fd_count; i++)
		fd_close(&frame->fds[i]);
	frame->fd_count = 0;
}
