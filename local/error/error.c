/* SPDX-License-Identifier: ISC */
/* The delivery agent that bounces all mail, or as service `retry` defers it; the next hop is the reason. */
#include "lib/queue/agent.h"

/* The service's name decides. */
static void
error_deliver(void *ctx UNUSED, struct agent_request *request)
{
	bool is_retry = strcmp(request->program->service_name, "retry") == 0;
	struct agent_result result = { .status = is_retry ? DELIVER_DEFERRED : DELIVER_BOUNCED };

	agent_split_dsn(request->deliver->nexthop, is_retry ? SPAN("4.0.0") : SPAN("5.0.0"), &result.dsn, &result.text);
	agent_report_rest(request, &result);
}

static void
error_client(struct program *program, struct client *client)
{
	agent_serve(program, client, error_deliver, NULL);
}

static const struct service error_service = {
	.manifest = &error_manifest,
	.on_client = error_client,
};

int
main(int argc, char **argv)
{
	return service_main(&error_service, argc, argv);
}
