/* bde_words.c: what the numbers of the metadata mean. */
#include <stddef.h>

#include "base/banned.h"
#include "bde/bde.h"
#include "bde/bde_disk.h"

const struct bde_word *hl_bde_protection(unsigned protection)
{
	static const struct bde_word words[] = {
		{ BDE_CLEAR, "clear-key", "clear key" },
		{ BDE_TPM, "tpm", "TPM" },
		{ BDE_STARTUP, "startup-key", "startup key" },
		{ BDE_TPM_STARTUP, "tpm-startup-key", "TPM and startup key" },
		{ BDE_TPM_PIN, "tpm-pin", "TPM and PIN" },
		{ BDE_RECOVERY, "recovery-key", "recovery key" },
		{ BDE_CERTIFICATE, "certificate", "smart card or recovery "
		  "agent" },
		{ BDE_PASSWORD, "password", "password" },
	};
	static const struct bde_word unknown = { 0, "unknown",
		"unknown protector" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].number == protection)
			return &words[i];
	return &unknown;
}

const char *hl_bde_method(unsigned method)
{
	static const char *const names[] = {
		"AES-CBC 128 with diffuser", "AES-CBC 256 with diffuser",
		"AES-CBC 128", "AES-CBC 256", "AES-XTS 128", "AES-XTS 256",
	};

	if (method < BDE_CBC_128_DIFFUSER || method > BDE_XTS_256)
		return "";
	return names[method - BDE_CBC_128_DIFFUSER];
}

const char *hl_bde_state(unsigned state, unsigned next)
{
	bool off = next == BDE_DECRYPTED;

	switch (state) {
	case BDE_DECRYPTED:
		return "decrypted";
	case BDE_CONVERTING:
		return off ? "being decrypted" : "being encrypted";
	case BDE_ON_WRITE:
		return "encrypted as it is written";
	case BDE_ENCRYPTED:
		return "encrypted";
	case BDE_PAUSED:
		return off ? "decryption paused" : "encryption paused";
	default:
		return "unknown";
	}
}
