"""Mappings kept by name, for the next file of the same sender."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fidelia.intake.operations import forget_mapping, save_mapping, use_saved_mapping
from fidelia.intake.queries import get_import
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError

from ..pages import ConsoleRequest, signed_in
from ..refusals import sentence_of
from .states import url_of_import


@require_POST
@signed_in
def save(request: ConsoleRequest, import_id: UUID) -> HttpResponseBase:
    """Keep the mapping of an import under a name, or with `use` map the import as one that is kept."""
    by, at = request.actor, clock.now()
    name, use = request.POST.get("name", "").strip(), request.POST.get("use", "").strip()
    try:
        if use:
            use_saved_mapping(by=by, at=at, import_id=import_id, name=use)
            messages.success(request, _("The file is mapped as “%(name)s” says.") % {"name": use})
        elif name:
            saved = save_mapping(by=by, at=at, import_id=import_id, name=name)
            messages.success(request, _("The mapping is kept as “%(name)s”.") % {"name": saved.name})
        else:
            messages.error(request, _("Give the mapping a name."))
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect(url_of_import(get_import(by=by, import_id=import_id), "import-columns"))


@require_POST
@signed_in
def remove(request: ConsoleRequest, mapping_id: UUID) -> HttpResponseBase:
    """Forget a mapping that was kept; imports that were mapped by it stay as they are."""
    forget_mapping(by=request.actor, at=clock.now(), mapping_id=mapping_id)
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if is_ours else reverse("console:imports"))
