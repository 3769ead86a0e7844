/* SPDX-License-Identifier: ISC */
/* The delivery agent that throws mail away and says it was delivered; the next hop is the reason. */
#include "lib/queue/agent.h"

/* All recipients are "sent". */
static void
discard_deliver(void *ctx UNUSED, struct agent_request *request)
{
	struct agent_result result = { .status = DELIVER_SENT, .action = SPAN_INIT("delivered") };

	agent_split_dsn(request->deliver->nexthop, SPAN("2.0.0"), &result.dsn, &result.text);
	agent_report_rest(request, &result);
}

static void
discard_client(struct program *program, struct client *client)
{
	agent_serve(program, client, discard_deliver, NULL);
}

static const struct service discard_service = {
	.manifest = &discard_manifest,
	.on_client = discard_client,
};

int
main(int argc, char **argv)
{
	return service_main(&discard_service, argc, argv);
}
