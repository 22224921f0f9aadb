from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "fidelia.files"
    label = "files"
