package mask

import (
	"slices"
	"strings"
	"unicode"

	"github.com/shakedown-dev/shakedown/datamove"
)

// dictionary is the usual names of personal fields by kind. Words stand in a row as
// "birth date"; they may be joined in a name in any way.
func dictionary() map[string]string {
	return map[string]string{
		"email": "email,e mail,email address,mail address,mail,emailaddress,mailaddress,correo,courriel,epost,posta",
		"name": "first name,last name,full name,given name,family name,middle name,maiden name,birth name,display name,real name,surname,forename,fname,lname,firstname,lastname," +
			"fullname,holder,cardholder,holder name,contact name,person name,user name real,recipient,addressee,vorname,nachname,familienname,ansprechpartner,nombre,nombres,apellido,apellidos," +
			"prenom,nom famille,nome completo,cognome,sobrenome,voornaam,achternaam,imie,nazwisko,fornavn,etternavn,efternamn,fornamn,jmeno,prijmeni,imya,familiya",
		"phone": "phone,phones,phone number,tel,telephone,telefon,telefono,telefone,telephon,mobile,mobil,mobilnummer,handy,cell,cellphone,cell phone,msisdn,fax,gsm,movil,celular,whatsapp,telefoonnummer,telefonnummer",
		"iban":  "iban",
		"card":  "card number,card no,card num,card nr,cc number,cc num,ccn,ccnum,pan,credit card,creditcard,cardnumber,kreditkarte,kartennummer,tarjeta,carte bancaire",
		"ip":    "ip,ip address,ip addr,ipaddress,ipaddr,ipv4,ipv6,remote addr,remote ip,client ip,last ip,signup ip,remoteaddr,clientip,x forwarded for,inet",
		"date":  "birth,birthdate,birth date,birthday,date of birth,dateofbirth,born,dob,geburtsdatum,geburtstag,geboren,naissance,date naissance,nacimiento,nascimento,nascita,geboortedatum,foedselsdato",
		"digits": "ssn,social security,sin,nif,nie,dni,cpf,cnpj,curp,rfc,bsn,pesel,personnummer,fodselsnummer,svnr,tax id,taxid,tax number,vat id,steuernummer,steuer id,passport,passport number,passport no,pasaporte,reisepass," +
			"national id,identity number,id number,id card,driver license,drivers license,driving licence,license number,insurance number,account number,account no,accountnumber,bank account,kontonummer,sort code,routing number," +
			"cvv,cvc,cvv2,pin,salary,income,gehalt,latitude,longitude",
		"text": "address,addr,address1,address2,address line,street,street name,house number,strasse,hausnummer,calle,direccion,rue,adresse,indirizzo,endereco,adres,straat,city,town,ort,wohnort,stadt,ciudad,ville,citta,cidade,zip,zipcode," +
			"zip code,postcode,post code,postal code,postalcode,plz,postleitzahl,codigo postal,code postal,cep,password,passwd,pwd,passwort,contrasena,mot de passe,pass,password hash,secret,token,access token,refresh token,api key,apikey," +
			"auth token,session token,private key,otp,user name,username,login,nickname,nick,comment,comments,note,notes,remark,remarks,bemerkung,observaciones,bio,about me,gender,sex,religion,nationality,ethnicity,marital status,medical,diagnosis,disability",
	}
}

// harmless are last or first words that make another thing of what they stand by: the
// id of an address, the time a mail was sent.
func harmless(first, last string) bool {
	return slices.Contains(strings.Split("is,has,num,count,allow,enable,enabled,send,sent,total,max,min,use,can,should,wants", ","), first) ||
		slices.Contains(strings.Split("id,ids,uuid,at,on,count,counter,type,kind,verified,confirmed,valid,sent,enabled,disabled,flag,status,state,format,template,templates,expires,expiry,expiration,"+
			"created,updated,length,size,version,index,order,opt,optin,optout,brand,scheme,limit,class,domain,subject,provider,country", ","), last)
}

// classifyName finds the kind that the name of the field says.
func classifyName(f datamove.Field) Finding {
	last := words(lastName(f))
	if len(last) == 0 || len(last) > 1 && harmless(last[0], last[len(last)-1]) {
		return Finding{}
	}
	as, row := lookUp(last)
	if as == "" && len(last) == 1 && slices.Contains([]string{"name", "names", "nom", "nome"}, last[0]) {
		if !ofPeople(words(f.Name + " " + f.Path)) {
			return Finding{}
		}
		as, row = "name", "name"
	}
	if as == "" || !typeFits(f.Type, as) {
		return Finding{}
	}
	confidence := 0.9
	if len(last) > strings.Count(row, " ")+1 {
		confidence = 0.75 // there are other words, too
	}
	return Finding{As: as, Confidence: confidence, Why: "its name says " + row}
}

// lookUp finds the longest row of the dictionary in a name.
func lookUp(name []string) (as, row string) {
	for kind, rows := range dictionary() {
		for candidate := range strings.SplitSeq(rows, ",") {
			if contains(name, strings.Fields(candidate)) && (len(candidate) > len(row) || len(candidate) == len(row) && kind < as) {
				as, row = kind, candidate
			}
		}
	}
	return as, row
}

func contains(name, row []string) bool {
	for i := 0; i+len(row) <= len(name); i++ {
		if slices.Equal(name[i:i+len(row)], row) {
			return true
		}
	}
	return len(name) == 1 && name[0] == strings.Join(row, "")
}

// ofPeople says whether a path names people: a name of a customer is personal, that of a
// product is not.
func ofPeople(path []string) bool {
	people := strings.Split("user,users,customer,customers,person,persons,people,contact,contacts,employee,employees,staff,member,members,patient,patients,client,clients,guest,guests,"+
		"author,authors,owner,subscriber,subscribers,student,students,account,accounts,profile,profiles,buyer,seller,passenger,passengers,kunde,kunden,mitarbeiter,benutzer,personen,usuario,usuarios,cliente,clientes,persona,personas,utilisateur,utilisateurs", ",")
	return slices.ContainsFunc(path, func(word string) bool { return slices.Contains(people, word) })
}

// typeFits says whether a column of the type can hold the kind at all.
func typeFits(kind, as string) bool {
	kind = strings.ToLower(kind)
	is := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(kind, p) })
	}
	switch {
	case is("bool", "bit", "tinyint", "time", "year", "enum", "set("):
		return false
	case is("date"):
		return as == "date"
	case is("int", "bigint", "smallint", "mediumint", "decimal", "numeric", "float", "double"):
		return as == "digits" || as == "phone" || as == "card" || as == "ip"
	}
	return true
}

// lastName is the part of a field's name that says what it is.
func lastName(f datamove.Field) string {
	if f.Path != "" {
		field, path := splitPath(f.Path)
		if steps, err := parsePath(path); path != "" && err == nil {
			for _, s := range slices.Backward(steps) {
				if s.name != "" {
					return s.name
				}
			}
		}
		return field
	}
	name := f.Name
	if f.Store == datamove.StoreMySQL {
		return name[strings.LastIndexByte(name, '.')+1:]
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == ':' || r == '/' || r == '.' || r == '*' })
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1]
}

// splitPath takes the field of a hash and the path in JSON apart.
func splitPath(path string) (field, inside string) {
	for i := range len(path) {
		if path[i] == '$' && (i+1 == len(path) || path[i+1] == '.' || path[i+1] == '[') {
			return path[:i], path[i:]
		}
	}
	return path, ""
}

// words takes a name apart where case, digits or punctuation change, in lower case and
// without the usual accents.
func words(name string) (all []string) {
	var word []rune
	end := func() {
		if len(word) > 0 {
			all = append(all, strings.ToLower(string(word)))
		}
		word = nil
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			end()
		}
		word = append(word, plainLetter(r)...)
	}
	end()
	return all
}

func plainLetter(r rune) []rune {
	const accented, plain = "áàâäãåéèêëíìîïóòôöõúùûüçñýÁÀÂÄÉÈÊÍÓÖÚÜÇÑ", "aaaaaaeeeeiiiiooooouuuucnyAAAAEEEIOOUUCN"
	if r == 'ß' {
		return []rune("ss")
	}
	if i := slices.Index([]rune(accented), r); i >= 0 {
		return []rune{rune(plain[i])}
	}
	return []rune{r}
}
