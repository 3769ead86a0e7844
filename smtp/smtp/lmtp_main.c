/* SPDX-License-Identifier: ISC */
/* The program lmtp. */
#include "smtp/smtp/smtp.h"

int
main(int argc, char **argv)
{
	return service_main(&lmtp_service, argc, argv);
}
