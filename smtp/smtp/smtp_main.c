/* SPDX-License-Identifier: ISC */
/* The program smtp. */
#include "smtp/smtp/smtp.h"

int
main(int argc, char **argv)
{
	return service_main(&smtp_service, argc, argv);
}
