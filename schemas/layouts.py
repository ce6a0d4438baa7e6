"""The file layouts by kind: what each kind of file is called, and where it is declared."""

from __future__ import annotations

from schemas.asf import Asf
from schemas.columns import Layout
from schemas.encounters import Encounters
from schemas.members import Members
from schemas.mif import Mif
from schemas.otf import Otf
from schemas.providers import Providers
from schemas.referrals import Referrals
from schemas.rtf import RtfCs, RtfEcm

RTF_ECM, RTF_CS, OTF = "rtf-ecm", "rtf-cs", "otf"
INBOUND: dict[str, type[Layout]] = {RTF_ECM: RtfEcm, RTF_CS: RtfCs, OTF: Otf}
EXTRACTS: dict[str, type[Layout]] = {"members": Members, "referrals": Referrals, "providers": Providers, "encounters": Encounters}
EXTRACT_KEYS = {"members": "cin", "referrals": "referral_id", "providers": "provider_id", "encounters": "encounter_id"}
OUTBOUND: dict[str, type[Layout]] = {"mif": Mif, "asf": Asf}
LAYOUTS: dict[str, type[Layout]] = INBOUND | EXTRACTS | OUTBOUND
CLR_ELEMENTS = ("referral_status", "status_date", "closure_reason")  # what the Return Transmission File got in 2025
PROGRAM_OF = {RTF_ECM: "ECM", OTF: "ECM", RTF_CS: "CS", "mif": "ECM", "asf": "CS"}
