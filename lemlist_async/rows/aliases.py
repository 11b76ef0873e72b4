"""What people and exporters call lemlist's fields, in English, French, German and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

_CONTACTS = {
    "contact_id": "Lemlist ID; Lemlist contact ID",
    "email": (
        "Email address; Mail; Mail address; Emails; Courriel; Adresse e-mail; Adresse mail; Adresse courriel; "
        "Adresse électronique; E-Mail-Adresse; Mailadresse; Correo; Correo electrónico; Dirección de correo; "
        "Dirección de correo electrónico; Email ID; Work email; Professional email; Business email; Person "
        "email; Contact email; Lead email; Company email; Corporate email; Pro email; Email pro; "
        "Email professionnel; Mail professionnel; Geschäftliche "
        "E-Mail; Correo profesional; Email 1; Primary email; Verified email; Final email; Found email; Valid "
        "email; Email (work); Work emails; Person - Email - Work; E-mail 1 - Value"
    ),
    "linkedin_url": (
        "LinkedIn; LinkedIn profile; LinkedIn profile URL; LinkedIn link; LinkedIn address; Person LinkedIn; "
        "Person LinkedIn URL; Person's LinkedIn; Contact LinkedIn URL; Contact LinkedIn; Lead LinkedIn URL; "
        "LinkedIn public URL; Public LinkedIn URL; Public profile URL; LinkedIn public profile URL; LinkedIn "
        "profile link; Member LinkedIn URL; Profil LinkedIn; URL LinkedIn; Lien LinkedIn; URL du profil "
        "LinkedIn; URL profil LinkedIn; LinkedIn-Profil; LinkedIn-Profil-URL; Perfil de LinkedIn; URL de "
        "LinkedIn; Enlace de LinkedIn; Perfil LinkedIn; li_url; default_profile_url; LinkedIn contact URL; "
        "hs_linkedin_url; LinkedIn personal URL; Prospect LinkedIn URL"
    ),
    "linkedin_url_sales_nav": (
        "Sales Navigator; Sales Navigator URL; LinkedIn Sales Navigator URL; Sales Nav URL; Sales Nav; "
        "LinkedIn Sales Nav URL; Sales Navigator profile URL; Sales Navigator link; Person Sales Navigator "
        "URL; LinkedIn Sales Navigator; URL Sales Navigator; Lien Sales Navigator; LinkedIn URL (Sales Navigator)"
    ),
    "additional_emails": (
        "Additional email; Secondary email; Secondary emails; Other email; Other emails; Personal email; "
        "Personal emails; Alternative email; Tertiary email; Email 2; Email perso; Email personnel; Private "
        "E-Mail; Autres emails; Weitere E-Mails; Otros correos; "
        "E-mail 2 - Value; E-mail 2 Address"
    ),
    "first_name": (
        "Given name; Forename; Firstname; First; Prénom; Vorname; Rufname; Nombre; Primer nombre; Nombre de "
        "pila; Contact first name; Person first name; Lead first name; Prénom du contact"
    ),
    "last_name": (
        "Surname; Family name; Lastname; Last; Nom; Nom de famille; Nachname; Familienname; Apellido; "
        "Apellidos; Contact last name; Person last name; Lead last name; Nom du contact"
    ),
    "phone": (
        "Mobile phone; Mobile; Mobile number; Mobile phone number; Cell; Cell phone; Cell number; Téléphone "
        "portable; Tél. portable; Portable; Téléphone mobile; Numéro de portable; Handy; Handynummer; "
        "Mobiltelefon; Mobilnummer; Mobil; Móvil; Teléfono móvil; Celular; Number mobile; Work direct phone; Direct "
        "phone; Direct dial; Direct number; Direct phone number; Direct; Phone number; Phone numbers; Phone "
        "no; Phone 1; Phone number 1; Contact phone; Contact phone number; Person phone; Telephone number; "
        "Tel; Tel number; "
        "Téléphone; Numéro de téléphone; Tél. direct; Téléphone direct; Telefon; Telefonnummer; Rufnummer; "
        "Durchwahl; Teléfono; Número de teléfono; Teléfono directo; Work phone; Business phone; Téléphone "
        "professionnel; Teléfono del trabajo; Other phone; Home phone; Corporate phone; Company phone; "
        "Company phone number; HQ phone; Phone 1 - Value"
    ),
    "job_title": (
        "Title; Job; Position; Role; Job position; Job role; Current title; Current position; Current job "
        "title; Person title; Contact job title; Poste; Poste actuel; Intitulé du poste; Intitulé de poste; "
        "Fonction; Titre; Titre du poste; Berufsbezeichnung; Stelle; Funktion; Jobtitel; Stellenbezeichnung; "
        "Cargo; Puesto; Puesto de trabajo; Título; Occupation; Organization title; Organization 1 - Title"
    ),
    "job_description": "Current job description; Description du poste; Stellenbeschreibung; Descripción del puesto",
    "picture": (
        "Photo; Picture URL; Photo URL; Profile picture; Profile image; Profile photo; Avatar; imgUrl; "
        "profileImageUrl; Photo de profil; Profilbild; Foto"
    ),
    "timezone": "Time zone; Fuseau horaire; Zeitzone; Zona horaria",
    "industry": "Sector; Secteur; Secteur d'activité; Branche; Industrie; Sector de actividad; Industria",
    "languages": "Language; Langue; Langues; Sprache; Sprachen; Idioma; Idiomas",
    "location": (
        "Person location; Contact location; Lieu; Localisation; Localité; Standort; Ort; Ubicación; Localización"
    ),
    "skills": "Compétences; Fähigkeiten; Kenntnisse; Habilidades; Competencias",
    "summary": "Bio; About; About me; Résumé; À propos; Zusammenfassung; Über mich; Resumen; Acerca de",
    "tagline": "Headline; LinkedIn headline; Profile headline; Accroche; Slogan; Titular",
    "contact_owner": (
        "Owner; Lead owner; Account owner; Owner email; Propriétaire; Propriétaire du contact; "
        "Kontaktinhaber; Zuständiger Mitarbeiter; Propietario; Propietario del contacto"
    ),
    "source": "Lead source; Contact source; Origine; Quelle; Fuente; Origen",
    "company_domain": (
        "Company domain name; Domain; Domain name; Company website; Company website URL; Company URL; "
        "Website; Website URL; Company site; Company web; Company homepage; Homepage; Web; Website domain; "
        "Organization website; Organization domain; Account domain; Account website; Corporate website; "
        "Company website domain; Site; Site web; Site internet; Site de l'entreprise; Site web de "
        "l'entreprise; Web page; Website 1 - Value; Domaine; Nom de domaine; Domaine de l'entreprise; "
        "Webseite; Webadresse; Internetseite; "
        "Firmenwebseite; Domäne; Sitio web; Página web; Sitio web de la empresa; Dominio; Dominio de la "
        "empresa"
    ),
    "company_linkedin_url": (
        "Company LinkedIn; Company LinkedIn profile; LinkedIn company URL; Company LinkedIn link; LinkedIn "
        "company; Company LinkedIn page; Organization LinkedIn URL; Organization LinkedIn; Account LinkedIn "
        "URL; Company profile URL; LinkedIn company profile URL; companyLinkedinUrl; regularCompanyUrl; "
        "LinkedIn company page; LinkedIn entreprise; LinkedIn "
        "société; URL LinkedIn de l'entreprise; LinkedIn de l'entreprise; Unternehmens-LinkedIn; "
        "LinkedIn-Unternehmensseite; LinkedIn de la empresa; URL de LinkedIn de la empresa"
    ),
    "company_id": "Lemlist company ID",
    "custom.companyName": (
        "Company name; Company; Organization; Organisation; Organization name; Account name; Account; "
        "Employer; Current company; Current company name; Société; Entreprise; Nom de l'entreprise; Nom de la "
        "société; Raison sociale; Organisme; Employeur; Firma; Firmenname; Unternehmen; Unternehmensname; "
        "Arbeitgeber; Empresa; Nombre de la empresa; Compañía; Organización; Associated company; Business "
        "name; Organization 1 - Name"
    ),
}
_COMPANIES = {
    "domain": (
        "Company domain; Company domain name; Website; Website URL; Company website; Web site; Site web; "
        "Site internet; Homepage; Web; URL; Domaine; Webseite; Internetseite; Sitio web; Dominio"
    ),
    "name": (
        "Company; Company name; Account; Account name; Organization; Organisation; Organization name; Business name; "
        "Société; Nom de la société; Entreprise; Nom de l'entreprise; Raison sociale; Firma; Firmenname; Unternehmen; "
        "Unternehmensname; Empresa; Nombre de la empresa; Compañía"
    ),
    "linkedin_url": (
        "LinkedIn; Company LinkedIn; Company LinkedIn URL; LinkedIn company URL; LinkedIn page; LinkedIn company page; "
        "LinkedIn profile"
    ),
    "company_id": "Lemlist ID; Lemlist company ID",
    "company_owner": "Owner; Account owner; Company owner email; Owner email; Propriétaire; Inhaber; Propietario",
    "industry": "Company industry; Sector; Secteur; Branche; Sector de actividad",
    "size": "Employees; Company size; Headcount; Number of employees; Employee count; Effectif; Mitarbeiter; Empleados",
    "founded_on": "Founded; Founded year; Year founded; Gegründet",
    "location": "City; Address; Company address; Ville; Adresse; Ort; Stadt; Ciudad",
    "description": "Company description; About",
}
_VALUES = {
    "value": (
        "Values; Email; Email address; E-mail; Emails; Mail; Work email; Adresse e-mail; Courriel; E-Mail-Adresse; "
        "Correo electrónico; Domain; Domains; LinkedIn; LinkedIn URL; LinkedIn profile; Profile URL; Phone; "
        "Phone number; Mobile; Telephone; Unsubscribed; Unsubscribed email"
    )
}


def _split(names: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    return {field: tuple(alike.split("; ")) for field, alike in names.items()}


OF_CONTACTS = _split(_CONTACTS)
"""Field -> names, the best first: of two columns that mean one field, the one with the better name is taken.

The exporters are Apollo, Clay, Dropcontact, HubSpot, Kaspr, LinkedIn, Lusha, and scrapers of Sales Navigator.
`companyName` is not a field of contacts, but many teams have it among their custom fields.
"""

OF_COMPANIES = _split(_COMPANIES)
"""The same for companies."""

OF_VALUES = _split(_VALUES)
"""The same for values to unsubscribe."""

BY_VALUES = ("URL", "Link", "Profile", "Profile URL", "Profile link", "Person URL", "Lead URL", "Member URL", "Query")
"""Names without a clear meaning: such a column is `linkedin_url` or `linkedin_url_sales_nav` by its first values."""

READ_ONLY = (
    "createdAt",
    "createdBy",
    "unsubscribed",
    "isActiveInCampaigns",
    "teamId",
    "fieldRejections",
    "contactLists",
)
"""What lemlist shows of a contact, in its replies and exports, and does not accept."""
READ_ONLY_BESIDE_LISTS = ("status", "campaigns")
"""Read-only too, if the file is an export of lemlist's own, which has a column `contactLists`."""
READ_ONLY_OF_COMPANIES = (
    "createdAt",
    "createdBy",
    "teamId",
    "fieldRejections",
    "crmSync",
    "ownerId",
    "numberOfContacts",
)
"""What lemlist shows of a company, in its replies and exports, and does not accept."""
